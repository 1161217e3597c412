import type { Expectation, Quality } from './workload.js';

/** How many standard errors a random quantity may be off: one check in two million fails by chance. */
const sigmas = 5;

/** A tolerance for rounding, relative, where nothing is random. */
const rounding = 1e-5;

const show = (value: number): string => String(Number(value.toPrecision(4)));

/** What is wrong with a quantity, or undefined. */
function deviation(name: string, quality: Quality, expected: Expectation): string | undefined {
  const found = quality[name];
  if (!found) return `${name} is missing`;
  if (!Number.isFinite(found.mean)) return `${name} is ${found.mean}`;
  const { mean, error, relative = rounding, side } = expected;
  if (side === 'atLeast') return found.mean >= mean ? undefined : `${name} is ${show(found.mean)}, below ${show(mean)}`;
  if (side === 'atMost') return found.mean <= mean ? undefined : `${name} is ${show(found.mean)}, above ${show(mean)}`;
  const allowed = sigmas * Math.hypot(found.error, error) + relative * Math.abs(mean);
  if (Math.abs(found.mean - mean) <= allowed) return undefined;
  return `${name} is ${show(found.mean)}, not ${show(mean)} ± ${show(allowed)}`;
}

/**
 * Compares what came out with what must come out.
 *
 * @returns What is wrong, one line for each quantity; empty when all is well.
 */
export function judge(quality: Quality, expected: Readonly<Record<string, Expectation>>): string[] {
  return Object.entries(expected).flatMap(([name, expectation]) => deviation(name, quality, expectation) ?? []);
}

/** The contenders whose word counts when all must agree: independent of us first. */
const referees = ['torchebm', 'torch', 'thrml', 'ebmkit tfjs-wasm', 'ebmkit tfjs-cpu'];

/**
 * Compares each contender with the first referee that has a result. When a referee is wrong, all others are marked, for a person
 * to look at.
 *
 * @returns What is wrong, by contender; without a second contender nothing can be said.
 */
export function judgeAgreement(
  qualities: ReadonlyMap<string, Quality>,
  agreed: Readonly<Record<string, number>>,
): ReadonlyMap<string, string[]> {
  const referee = referees.find((name) => qualities.has(name));
  const truth = referee === undefined ? undefined : qualities.get(referee);
  const wrong = new Map<string, string[]>();
  if (!truth) return wrong;
  for (const [name, quality] of qualities) {
    if (name === referee) continue;
    const shared = Object.entries(agreed).filter(([quantity]) => quantity in truth && quantity in quality);
    const expected = Object.fromEntries(
      shared.map(([quantity, relative]) => {
        const { mean, error } = truth[quantity] as { mean: number; error: number };
        return [quantity, { mean, error, relative }];
      }),
    );
    const lines = judge(quality, expected).map((line) => `${line} (${referee})`);
    if (lines.length > 0) wrong.set(name, lines);
  }
  return wrong;
}
