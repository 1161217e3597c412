import { counted, partOf } from '../drawable-values.js';
import { essOfEachChain, highestRHat, type Verdict } from '../draws/concern.js';
import { briefNumber } from '../draws/number-in-words.js';
import type { ReportSection } from '../html-report.js';
import { type JudgedSample, worstBy } from './judged-sample.js';
import type { ReportedWarning } from './reported-sample.js';

/** What is wrong with a run and what to do about it: the warnings that it brought, or else what its draws show. */
export function findings(sample: JudgedSample): readonly ReportedWarning[] {
  const { warnings } = sample.result;
  if (warnings) return warnings;
  return [...statusFinding(sample), ...drawFindings(sample), ...chainFindings(sample)];
}

/** The section that lists the findings. */
export function findingsSection(found: readonly ReportedWarning[]): ReportSection {
  if (found.length === 0) {
    return {
      heading: 'Warnings',
      text: 'No usual limit is broken. That does not show that the chains have found every mode: diagnostics see only where chains have been.',
    };
  }
  return {
    heading: 'Warnings',
    table: {
      columns: ['Where', 'What is wrong', 'What to do'],
      rows: found.map(({ parameter = 'the run', message, remedy }) => [
        { value: parameter, warning: true },
        message,
        remedy,
      ]),
    },
  };
}

function statusFinding({ result: { status = 'ok', message = '' } }: JudgedSample): ReportedWarning[] {
  if (status === 'ok') return [];
  return [
    {
      code: status,
      message: message === '' ? `The run ended with the status ${status}.` : message,
      remedy:
        status === 'stuck'
          ? 'Use a smaller step size or start elsewhere.'
          : 'Use a smaller step size, or look for where the energy is not finite.',
    },
  ];
}

function drawFindings({ scalars, steps, chains }: JudgedSample): ReportedWarning[] {
  const found: ReportedWarning[] = [];
  const bad = scalars.filter(({ verdict }) => verdict().nonFinite > 0);
  const still = scalars.filter(({ verdict }) => verdict().constant);
  const [first] = bad;
  if (first) {
    found.push({
      code: 'not-finite',
      parameter: first.name,
      message: `${partOf(bad.length, scalars.length, 'scalar')} NaN or infinite in some draws, ${first.name} in ${first.verdict().nonFinite} of ${steps * chains}.`,
      remedy: 'Look for where the energy or its gradient is not finite, and start the chains where it is.',
    });
  }
  const [unmoved] = still;
  if (unmoved) {
    found.push({
      code: 'constant',
      parameter: unmoved.name,
      message: `${partOf(still.length, scalars.length, 'scalar')} the same number in every draw of every chain; R-hat says nothing there.`,
      remedy: 'Nothing, if these are held fixed or have one value only. Otherwise the sampler does not move them.',
    });
  }
  return found;
}

function chainFindings(sample: JudgedSample): ReportedWarning[] {
  const { scalars, steps, chains } = sample;
  if (steps < 4) {
    return [
      {
        code: 'few-draws',
        message: `${counted(steps, 'draw')} of each chain ${steps === 1 ? 'is' : 'are'} too few for R-hat and effective sample sizes.`,
        remedy: 'Keep at least 4 draws of each chain, and hundreds to judge convergence.',
      },
    ];
  }
  const found: ReportedWarning[] = [];
  const apart = worstBy(sample, ({ rHat }) => rHat);
  const few = worstBy(sample, (verdict) => -leastEss(verdict));
  const least = essOfEachChain * chains;
  if (chains === 1) {
    found.push({
      code: 'one-chain',
      message: 'There is one chain, so that R-hat is unknown and a chain that never left a mode looks well.',
      remedy: 'Run 4 chains or more from different starts.',
    });
  } else if (apart && apart.verdict().rHat > highestRHat) {
    const count = scalars.filter(({ verdict }) => verdict().rHat > highestRHat).length;
    found.push({
      code: 'r-hat',
      parameter: apart.name,
      value: apart.verdict().rHat,
      message: `R-hat is above ${highestRHat} for ${count} of ${counted(scalars.length, 'scalar')}, ${briefRHat(apart.verdict().rHat)} for ${apart.name}: the chains disagree.`,
      remedy: 'Run longer with more warm-up. If chains stay in different modes, use tempering or longer moves.',
    });
  }
  const size = few ? leastEss(few.verdict()) : Number.NaN;
  if (few && size < least) {
    const count = scalars.filter(({ verdict }) => leastEss(verdict()) < least).length;
    found.push({
      code: 'ess',
      parameter: few.name,
      value: size,
      message: `The effective sample size is below ${least} (100 for each chain) for ${count} of ${counted(scalars.length, 'scalar')}, ${briefNumber(size)} for ${few.name}: errors of estimates are large and themselves uncertain.`,
      remedy: 'Keep more draws, or let the sampler make longer moves. Thinning does not help.',
    });
  }
  return found;
}

function leastEss({ bulkEss, tailEss }: Verdict): number {
  return Math.min(bulkEss, tailEss);
}

/** R-hat with as many decimals as tell good from bad. */
export function briefRHat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : '∞';
  return value.toFixed(value < 10 ? 3 : 0);
}
