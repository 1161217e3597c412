import { bulkEss, rHat, tailEss, worstComponents } from '@ebmkit/diagnostics';
import type { ChainStats } from './chain-stats.js';
import type { DrawArray } from './draw-store.js';

/**
 * What may be wrong with a sample, gravest first: `diverging` when a move met a number that is NaN or infinite, or a simulated path
 * flew apart; `stuck` when a chain accepted no move; `unconverged` when chains disagree with each other or with their own past; and
 * `imprecise` when they agree, but know too little.
 */
export type WarningCode = 'diverging' | 'stuck' | 'unconverged' | 'imprecise';

/** Something that may be wrong with a sample, and what to do about it. */
export interface SampleWarning {
  /** What kind of trouble. */
  readonly code: WarningCode;
  /** What was found, with its figure. */
  readonly message: string;
  /** What to do, in words. */
  readonly remedy: string;
  /** Of which quantity: `x[3]`, `weights.bias[0]`, `energy`. */
  readonly quantity?: string;
  /** The figure: an R-hat, an effective sample size, a number of moves or chains. */
  readonly value?: number;
}

/** How many moves each chain made. */
interface Moves {
  /** After the warm-up. */
  readonly after: number;
  /** In all. */
  readonly all: number;
}

/** Above this R-hat chains have not converged. */
const largestRHat = 1.01;
/** Below this effective sample size for each chain even R-hat cannot be trusted. */
const leastEssPerChain = 100;

/** Components of a position that get the exact diagnostics: those that seem worst. */
const componentsDiagnosed = 4;
/** Draws of a component that are looked at, at most: evenly spread chains of them. */
const drawsDiagnosed = 200_000;

/** The series of one scalar quantity, chain by chain. */
interface Quantity {
  readonly name: string;
  readonly chains: readonly Float64Array[];
}

/** What the counts of moves say. */
function moveWarnings({ diverged, acceptanceRate }: ChainStats, moves: Moves): SampleWarning[] {
  const chains = diverged.length;
  const warnings: SampleWarning[] = [];
  const bad = diverged.reduce((a, b) => a + b, 0);
  const chainsWith = diverged.filter((count) => count > 0).length;
  if (bad > 0)
    warnings.push({
      code: 'diverging',
      message: `${bad} of ${chains * moves.all} moves, in ${chainsWith} of ${chains} chains, met an energy or gradient that is NaN or infinite, or an energy error beyond all use, and were refused. The draws are those of a chain that cannot go there.`,
      remedy: 'Use a smaller stepSize, or look for where the energy is not finite.',
      value: bad,
    });
  const stuck = acceptanceRate.filter((rate) => rate === 0).length;
  if (stuck > 0)
    warnings.push({
      code: 'stuck',
      message: `${stuck} of ${chains} chains accepted none of their ${moves.after} moves after the warm-up.`,
      remedy: 'Use a smaller stepSize or start elsewhere.',
      value: stuck,
    });
  return warnings;
}

/** Which chains are looked at: all, or so many evenly spread ones that the work is bounded. */
function chosenChains(chains: number, steps: number): number[] {
  const count = Math.min(chains, Math.max(4, Math.floor(drawsDiagnosed / Math.max(1, steps))));
  return Array.from({ length: count }, (_, i) => Math.floor((i * chains) / count));
}

/** The series of one component of draws. */
function seriesOf({ data, shape }: DrawArray, component: number): Float64Array[] {
  const [steps, chains, ...event] = shape as [number, number, ...number[]];
  const size = event.reduce((a, b) => a * b, 1);
  return chosenChains(chains, steps).map((chain) =>
    Float64Array.from({ length: steps }, (_, step) => data[(step * chains + chain) * size + component] as number),
  );
}

/** `x[3]`, `x[2, 5, 0]`, or `x` for a scalar. */
function componentName(path: string, component: number, event: readonly number[]): string {
  if (event.length === 0) return path;
  const places: number[] = [];
  let rest = component;
  for (const size of event.toReversed()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `${path}[${places.join(', ')}]`;
}

function isDrawArray(value: unknown): value is DrawArray {
  return typeof value === 'object' && value !== null && (value as Partial<DrawArray>).data instanceof Float32Array;
}

/** The arrays in a tree of draws with their paths. */
function arraysOf(draws: unknown, path = ''): readonly (readonly [string, DrawArray])[] {
  if (isDrawArray(draws)) return [[path || 'x', draws]];
  if (typeof draws !== 'object' || draws === null) return [];
  return Object.entries(draws).flatMap(([name, part]) => arraysOf(part, path ? `${path}.${name}` : name));
}

/** The components that seem worst, and the energy. */
function suspects(draws: unknown, energies: Float32Array): Quantity[] {
  const arrays = arraysOf(draws);
  const quantities = arrays.flatMap(([path, array]) =>
    worstComponents(array, componentsDiagnosed).map((i) => ({
      name: componentName(path, i, array.shape.slice(2)),
      chains: seriesOf(array, i),
    })),
  );
  const [steps, chains] = arrays[0]?.[1].shape ?? [];
  if (steps === undefined || chains === undefined || energies.length !== steps * chains) return quantities;
  return [...quantities, { name: 'energy', chains: seriesOf({ data: energies, shape: [steps, chains] }, 0) }];
}

/** The quantity with the largest figure, NaN left out. */
function worst(quantities: readonly Quantity[], figure: (chains: readonly Float64Array[]) => number) {
  return quantities
    .map(({ name, chains }) => ({ name, value: figure(chains) }))
    .filter(({ value }) => !Number.isNaN(value))
    .reduce<{ name: string; value: number } | undefined>((a, b) => (a && a.value >= b.value ? a : b), undefined);
}

/** What the draws say of themselves; nothing when there are fewer than 4 of each chain. */
function drawWarnings(draws: unknown, energies: Float32Array): SampleWarning[] {
  const quantities = suspects(draws, energies).filter(({ chains }) => (chains[0]?.length ?? 0) >= 4);
  const warnings: SampleWarning[] = [];
  const apart = worst(quantities, rHat);
  if (apart && apart.value > largestRHat)
    warnings.push({
      code: 'unconverged',
      message: `The R-hat of ${apart.name} is ${apart.value.toFixed(3)}, above ${largestRHat}: the chains do not agree on where it is.`,
      remedy:
        'Run longer, with a longer warmup; if it stays so, the chains are in different modes: look at their traces, and try parallelTempering.',
      quantity: apart.name,
      value: apart.value,
    });
  const few = worst(quantities, (chains) => -Math.min(bulkEss(chains), tailEss(chains)) / chains.length);
  if (few && -few.value < leastEssPerChain)
    warnings.push({
      code: 'imprecise',
      message: `${few.name} has an effective sample size of ${Math.round(-few.value)} a chain, below ${leastEssPerChain}: its quantiles, and R-hat itself, are imprecise.`,
      remedy:
        'Keep more steps, or a larger thin; a sampler that takes longer paths (hmc, nuts) forgets its past sooner.',
      quantity: few.name,
      value: -few.value,
    });
  return warnings;
}

/**
 * Everything that may be wrong with a sample, gravest first. The effective sample sizes and the R-hat are exact (those of ArviZ) for the
 * energy and the four components of each array that seem worst by a rough measure; of very many draws, for evenly spread chains.
 *
 * @param draws - The draws, an array or a tree of them.
 * @param stats - What the chains did.
 * @param moves - How many moves each chain made.
 */
export function findWarnings(draws: unknown, stats: ChainStats, moves: Moves): readonly SampleWarning[] {
  return [...moveWarnings(stats, moves), ...drawWarnings(draws, stats.energies)];
}
