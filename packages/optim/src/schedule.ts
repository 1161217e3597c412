import {
  add,
  cast,
  cos,
  EbmError,
  full,
  greaterEqual,
  minimum,
  mul,
  pow,
  sub,
  type Tensor,
  where,
} from '@ebmkit/tensor';
import { checkNumber, checkSteps } from './checks.js';

/**
 * A setting that changes during training: a pure function from the step to its value. The step is a scalar int32 tensor that
 * counts from 0, so that a schedule is part of a compiled training step; the value is a scalar float32 tensor.
 */
export type Schedule = (step: Tensor) => Tensor;

/** How a schedule goes from one value to another. */
export interface RampOptions {
  /** The value at step 0. */
  readonly from: number;
  /** The value at step `steps` and after it. */
  readonly to: number;
  /** How many steps the change takes. */
  readonly steps: number;
}

function checkRamp(where: string, { from, to, steps }: RampOptions): void {
  checkNumber(where, 'from', from, {});
  checkNumber(where, 'to', to, {});
  checkSteps(where, 'steps', steps);
}

/** The part of a ramp that is over, from 0 to 1. */
function progress(step: Tensor, steps: number): Tensor {
  return minimum(mul(cast(step, 'float32'), 1 / steps), 1);
}

/**
 * The same value at every step.
 *
 * @param value - The value.
 * @returns The schedule.
 */
export function constantSchedule(value: number): Schedule {
  checkNumber('constantSchedule', 'value', value, {});
  return () => full([], value);
}

/**
 * A straight line: $`a + (b - a) \min(t / T, 1)`$, with $`a`$ = `from`, $`b`$ = `to` and $`T`$ = `steps`.
 *
 * @param options - Both ends and the length.
 * @returns The schedule.
 */
export function linearSchedule(options: RampOptions): Schedule {
  checkRamp('linearSchedule', options);
  const { from, to, steps } = options;
  return (step) => add(mul(progress(step, steps), to - from), from);
}

/**
 * Half a period of a cosine: $`b + (a - b)(1 + \cos(\pi \min(t / T, 1))) / 2`$, with $`a`$ = `from`, $`b`$ = `to` and $`T`$ = `steps`.
 *
 * @param options - Both ends and the length.
 * @returns The schedule.
 * @see Loshchilov and Hutter, "SGDR", 2017, https://arxiv.org/abs/1608.03983
 */
export function cosineSchedule(options: RampOptions): Schedule {
  checkRamp('cosineSchedule', options);
  const { from, to, steps } = options;
  return (step) => add(mul(add(cos(mul(progress(step, steps), Math.PI)), 1), (from - to) / 2), to);
}

/** How an exponential schedule falls. */
export interface ExponentialScheduleOptions {
  /** The value at step 0. */
  readonly from: number;
  /** By what the value is multiplied every `steps` steps; above 0. */
  readonly factor: number;
  /** How many steps one multiplication takes. */
  readonly steps: number;
}

/**
 * Exponential decay (or growth): $`a f^{t / T}`$, with $`a`$ = `from`, $`f`$ = `factor` and $`T`$ = `steps`, smoothly in between.
 *
 * @param options - The first value, the factor, and how long one factor takes.
 * @returns The schedule.
 */
export function exponentialSchedule({ from, factor, steps }: ExponentialScheduleOptions): Schedule {
  checkNumber('exponentialSchedule', 'from', from, {});
  checkNumber('exponentialSchedule', 'factor', factor, { above: 0 });
  checkSteps('exponentialSchedule', 'steps', steps);
  return (step) => mul(pow(factor, mul(cast(step, 'float32'), 1 / steps)), from);
}

/** How a warm-up goes on. */
export interface WarmupScheduleOptions {
  /** How many steps the climb takes. */
  readonly steps: number;
  /** What follows: a number, or a schedule that sees the steps since the end of the warm-up. */
  readonly after: number | Schedule;
}

/**
 * A straight climb to the first value of what follows: step $`t`$ of the first $`T`$ gives that value times $`(t + 1) / T`$, so that
 * the first step moves already and step $`T - 1`$ reaches it.
 *
 * @param options - The length of the climb, and what follows.
 * @returns The schedule.
 */
export function warmupSchedule({ steps, after }: WarmupScheduleOptions): Schedule {
  checkSteps('warmupSchedule', 'steps', steps);
  const following = toSchedule('warmupSchedule', 'after', after);
  return (step) => {
    const share = minimum(mul(add(cast(step, 'float32'), 1), 1 / steps), 1);
    const since = where(greaterEqual(step, steps), sub(step, steps), 0);
    return mul(following(since), share);
  };
}

/** The pieces of a piecewise schedule. */
export interface PiecewiseScheduleOptions {
  /** The steps at which the next piece begins, increasing. */
  readonly boundaries: readonly number[];
  /** One piece more than boundaries: numbers, or schedules that see the steps since their own boundary. */
  readonly pieces: readonly (number | Schedule)[];
}

/**
 * One schedule after another.
 *
 * @param options - Where the pieces begin, and the pieces.
 * @returns The schedule.
 *
 * @example
 * ```ts
 * const learningRate = piecewiseSchedule({ boundaries: [1000, 5000], pieces: [0.1, 0.01, 0.001] });
 * ```
 */
export function piecewiseSchedule({ boundaries, pieces }: PiecewiseScheduleOptions): Schedule {
  if (pieces.length !== boundaries.length + 1)
    throw new EbmError(
      'argument',
      `piecewiseSchedule: expected one piece more than boundaries, got ${pieces.length} pieces and ${boundaries.length} boundaries.`,
    );
  boundaries.forEach((boundary, i) => {
    checkSteps('piecewiseSchedule', `boundaries[${i}]`, boundary);
    if (i > 0 && boundary <= (boundaries[i - 1] as number))
      throw new EbmError('argument', `piecewiseSchedule: boundaries must increase, got ${boundaries.join(', ')}.`);
  });
  const [first, ...rest] = pieces.map((piece, i) => toSchedule('piecewiseSchedule', `pieces[${i}]`, piece));
  return (step) =>
    rest.reduce(
      (before, piece, i) => {
        const boundary = boundaries[i] as number;
        const begun = greaterEqual(step, boundary);
        return where(begun, piece(where(begun, sub(step, boundary), 0)), before);
      },
      (first as Schedule)(step),
    );
}

/** A number as a schedule; a schedule as it is. */
export function toSchedule(where: string, name: string, value: number | Schedule): Schedule {
  if (typeof value === 'function') return value;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new EbmError('argument', `${where}: ${name} must be a finite number or a schedule, got ${String(value)}.`);
  return constantSchedule(value);
}

/** A learning rate as a schedule; a number must be at least 0. */
export function toLearningRate(where: string, value: number | Schedule): Schedule {
  if (typeof value !== 'function') checkNumber(where, 'learningRate', value, { atLeast: 0 });
  return toSchedule(where, 'learningRate', value);
}
