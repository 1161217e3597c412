import { free, read, retire, scoped, type Tensor, type Tree, tensor } from '@ebmkit/tensor';
import type { Programs } from './ode-programs.js';
import type { RungeKutta } from './runge-kutta.js';
import type { Solution } from './solution.js';
import type { StepDecision } from './step-control.js';

/** How steps are made. */
export interface Rules {
  /** The method, without its error estimate where steps are equal. */
  readonly method: RungeKutta;
  /** Whether steps are chosen. */
  readonly isAdaptive: boolean;
  /** NaN where it is to be chosen. */
  readonly firstStep: number;
  /** Chosen steps after which to stop. */
  readonly maxSteps: number;
  /** The length of the whole way, with its sign. */
  readonly span: number;
  /** What a step costs. */
  readonly evaluationsPerStep: number;
  /** Decides on a step and the size of the next. */
  readonly control: (stepSize: number, ratio: number) => StepDecision;
}

/** Where a solution has come to. */
export interface Walk<X extends Tree> {
  /** States and velocities. */
  state: { readonly x: X; readonly velocity: X };
  /** When. */
  time: number;
  /** The size of the next step. */
  stepSize: number;
  /** Steps made. */
  made: number;
  /** Steps thrown away. */
  rejected: number;
  /** Evaluations of the right-hand side. */
  evaluations: number;
  /** How it goes. */
  status: Solution<X>['status'];
}

/** Makes steps until a time is reached; false when that cannot be. */
export async function walkTo<X extends Tree>(
  goal: number,
  walk: Walk<X>,
  { isAdaptive, maxSteps, span, evaluationsPerStep, control }: Rules,
  { step }: Programs<X>,
  start: X,
  between: (time: number) => Promise<void>,
): Promise<boolean> {
  const direction = Math.sign(span);
  while (direction * (goal - walk.time) > 1e-9 * Math.abs(span)) {
    await between(walk.time);
    if (isAdaptive && walk.made + walk.rejected >= maxSteps) walk.status = 'maxSteps';
    if (walk.status !== 'ok') return false;
    const isLast = direction * (walk.time + walk.stepSize * (1 + 1e-9) - goal) >= 0;
    const size = isLast ? goal - walk.time : walk.stepSize;
    const next = scoped(() => step(tensor(walk.time), tensor(size), walk.state.x, walk.state.velocity));
    const ratio = await readNumber(next.ratio);
    free(next.ratio);
    walk.evaluations += evaluationsPerStep;
    const { accepted, stepSize } = isAdaptive
      ? control(size, ratio)
      : { accepted: Number.isFinite(ratio), stepSize: walk.stepSize };
    if (accepted) {
      retire(walk.state, [next, start]);
      walk.state = { x: next.x, velocity: next.velocity };
      walk.time = isLast ? goal : walk.time + size;
      walk.made++;
    } else {
      free([next.x, next.velocity]);
      walk.rejected++;
      if (!isAdaptive || Math.abs(stepSize) < 1e-12 * Math.abs(span)) walk.status = 'diverged';
    }
    if (!(isLast && accepted)) walk.stepSize = stepSize;
  }
  return true;
}

async function readNumber(x: Tensor): Promise<number> {
  return (await read(x))[0] as number;
}

/** The first step as Hairer, Norsett and Wanner choose it; costs one evaluation. */
export async function chooseFirstStep<X extends Tree>(
  { sizes }: Programs<X>,
  { x, velocity }: { readonly x: X; readonly velocity: X },
  from: number,
  span: number,
  order: number,
): Promise<number> {
  const sizesAt = async (h: number): Promise<number[]> => {
    const found = scoped<Tensor[]>(() => sizes(tensor(from), tensor(h), x, velocity));
    const numbers = await Promise.all(found.map(readNumber));
    free(found);
    return numbers;
  };
  const direction = Math.sign(span);
  const [d0, d1] = (await sizesAt(0)) as [number, number];
  const small = Math.min(d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : (0.01 * d0) / d1, Math.abs(span));
  const d2 = ((await sizesAt(direction * small))[2] as number) / small;
  const steepest = Math.max(d1, d2);
  const guess = steepest <= 1e-15 ? Math.max(1e-6, small * 1e-3) : (0.01 / steepest) ** (1 / order);
  const h = Math.min(100 * small, guess, Math.abs(span));
  return direction * (Number.isFinite(h) && h > 0 ? h : Math.abs(span) / 100);
}
