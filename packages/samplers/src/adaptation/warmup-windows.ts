import { EbmError } from '@ebmkit/tensor';

/** How a warm-up is divided. */
export interface WarmupWindowsOptions {
  /** Steps in all, a whole number of at least 0. */
  readonly steps: number;
  /** Steps of the first phase, in which the chains find the bulk; 75 unless given. */
  readonly initial?: number;
  /** Steps of the first window of the second phase; each further one is twice as long; 25 unless given. */
  readonly first?: number;
  /** Steps of the last phase, in which only the step size is adapted; 50 unless given. */
  readonly final?: number;
}

/** The phases of a warm-up. Steps are counted from 0, and an end is the first step that no longer belongs. */
export interface WarmupWindows {
  /** Steps in all. */
  readonly steps: number;
  /** The windows of the second phase: the mass matrix is estimated from each alone, and set at its end. None for fewer than 20 steps. */
  readonly windows: readonly { readonly begin: number; readonly end: number }[];
}

/** Fewer steps than this are too few for a mass matrix. */
const fewest = 20;

function checkSteps(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new EbmError('argument', `warmupWindows: ${name} must be a whole number of at least ${least}, got ${value}.`);
}

/** The lengths of the phases, shortened in Stan's way when there are too few steps for all. */
function phasesOf({ steps, initial, first, final }: Required<WarmupWindowsOptions>) {
  if (initial + first + final <= steps) return { initial, first, final };
  const [shortInitial, shortFinal] = [Math.floor(0.15 * steps), Math.floor(0.1 * steps)];
  return { initial: shortInitial, first: steps - shortInitial - shortFinal, final: shortFinal };
}

/**
 * Stan's schedule of a warm-up: an initial phase for the step size alone, windows of doubling length at whose ends the mass matrix
 * is set from the draws of that window, and a final phase for the step size alone. A window that would leave too little room
 * for one of twice its length after it takes the rest. With fewer steps than the three need, the phases become 15 %, 75 % and 10 %.
 *
 * @param options - Steps in all, and the lengths of the phases.
 * @returns The windows.
 * @throws EbmError when a length is not a whole number.
 *
 * @example
 * ```ts
 * warmupWindows({ steps: 1000 }).windows.map(({ end }) => end); // [100, 150, 250, 450, 950]
 * ```
 * @see Stan Reference Manual, "HMC algorithm parameters", section "Automatic parameter tuning",
 * https://mc-stan.org/docs/reference-manual/mcmc.html
 */
export function warmupWindows({ steps, initial = 75, first = 25, final = 50 }: WarmupWindowsOptions): WarmupWindows {
  checkSteps('steps', steps, 0);
  checkSteps('initial', initial, 0);
  checkSteps('first', first, 1);
  checkSteps('final', final, 0);
  if (steps < fewest) return { steps, windows: [] };
  const phases = phasesOf({ steps, initial, first, final });
  const end = steps - phases.final;
  const windows: { begin: number; end: number }[] = [];
  let [begin, size] = [phases.initial, phases.first];
  while (begin < end) {
    const isLast = windows.length > 0 && begin + size + 2 * size > end;
    windows.push({ begin, end: isLast ? end : begin + size });
    begin = isLast ? end : begin + size;
    size *= 2;
  }
  return { steps, windows };
}
