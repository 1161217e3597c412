import {
  cast,
  EbmError,
  jit,
  type Key,
  mean,
  readSync,
  scoped,
  split,
  sum,
  type Tensor,
  type Tree,
  tensor,
} from '@ebmkit/tensor';
import { defineKernel, type Kernel, type Transition } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { type AdaptableMetric, isAdaptableKernel, type KernelSettings, type StepSettings } from './adaptable.js';
import type { DualAveraging, DualAveragingState } from './dual-averaging.js';
import { initialStepSize } from './initial-step-size.js';
import type { MassKind } from './mass-form.js';
import type { WarmupWindows } from './warmup-windows.js';
import type { WelfordState } from './welford.js';

/** A kernel's state with what adaptation has learnt so far: plain data, so a warm-up can be saved between two steps. */
export type AdaptingState<P extends Tree, S> = {
  /** Where the chains are. */
  readonly position: P;
  /** The state of the kernel. */
  readonly inner: S;
  /** Steps done. */
  readonly step: number;
  /** The step size. */
  readonly averaging: DualAveragingState;
  /** The tensors of the metric. */
  readonly mass: Tree;
  /** What the current window has seen; null where no mass matrix is adapted. */
  readonly moments: WelfordState | null;
};

/** What a step of a warm-up reports. */
export type AdaptingInfo = {
  /** The step size that it took. */
  readonly stepSize: number;
  /** The acceptance probability, mean over the chains. */
  readonly acceptance: number;
  /** How many chains diverged. */
  readonly diverged: number;
};

/** What is adapted, and how. */
export interface Adapting<P extends Tree, S extends { readonly position: P }> {
  /** Makes the kernel. */
  readonly make: (settings: KernelSettings<P>) => Kernel<P, S, MoveInfo>;
  /** The form of the mass matrix. */
  readonly kind: MassKind<P>;
  /** When it is set. */
  readonly schedule: WarmupWindows;
  /** How the step size is adapted. */
  readonly averaging: DualAveraging;
  /** The acceptance that the first step size of a window must cross. */
  readonly targetAcceptance: number;
  /** The first step size that is tried. */
  readonly firstStepSize: number;
}

/** The kernel with its settings as arguments, compiled once. */
interface Moves<P extends Tree, S extends { readonly position: P }> {
  readonly init: (position: P, key: Key, mass: Tree) => S;
  readonly step: (key: Key, state: S, settings: StepSettings) => Transition<S, MoveInfo>;
  readonly clear: () => void;
}

/** The kernel that is adapted, made when the structure of the positions is known. */
function movesOf<P extends Tree, S extends { readonly position: P }>(
  { make, kind, firstStepSize }: Adapting<P, S>,
  unitMass: Tree,
): Moves<P, S> {
  const metricWith = (mass: Tree): AdaptableMetric<P> => ({ ...kind.metricOf(mass), mass, withMass: kind.metricOf });
  const kernel = make({ stepSize: firstStepSize, metric: metricWith(unitMass) });
  if (isAdaptableKernel(kernel)) return { init: kernel.init, step: kernel.stepWith, clear: () => kernel.clear?.() };
  if (kernel.eager)
    throw new EbmError(
      'argument',
      'warmUp: expected a kernel that can be traced or takes its settings with each step (stepWith), got an eager one without. Adapt the kernel that it is made from.',
    );
  const step = jit((key: Key, state: S, { stepSize, mass }: StepSettings) =>
    make({ stepSize, metric: metricWith(mass) }).step(key, state),
  );
  return { init: kernel.init, step, clear: step.clear };
}

/** What a step is judged by, and what the window has seen with it. */
function observer<P extends Tree>({ moments }: MassKind<P>) {
  return jit((info: MoveInfo, position: P, seen: WelfordState | null) => ({
    acceptance: mean(info.acceptanceProbability),
    diverged: sum(cast(info.diverged, 'float32')),
    seen: moments && seen ? moments.update(seen as WelfordState<P | Tensor>, position) : null,
  }));
}

/** The regularised covariance of a window. */
function estimator<P extends Tree>({ moments }: MassKind<P>) {
  return jit((seen: WelfordState) =>
    moments ? moments.covariance(seen as WelfordState<P | Tensor>, { regularise: true }) : null,
  );
}

const numberIn = (x: Tensor): number => Number(readSync(x)[0]);

/**
 * A kernel that adapts another while it moves. It is not a Markov chain in the position, and leaves nothing invariant: what it is
 * for is its state. Step sizes and masses are arguments of one compiled step.
 */
export function adaptingKernel<P extends Tree, S extends { readonly position: P }>(
  adapting: Adapting<P, S>,
): Kernel<P, AdaptingState<P, S>, AdaptingInfo> {
  const { kind, schedule, averaging, targetAcceptance, firstStepSize } = adapting;
  const [observe, estimate] = [observer(kind), estimator(kind)];
  let moves: Moves<P, S> | undefined;

  /** A first step size from where the chains are, which do not move. */
  const search = (inner: S, mass: Tree, first: number, key: Key): DualAveragingState => {
    const acceptanceOf = (trialKey: Key, stepSize: number): number =>
      scoped<number>(() => {
        const { info } = (moves as Moves<P, S>).step(trialKey, inner, { stepSize: tensor(stepSize), mass });
        return numberIn(observe(info, inner.position, null).acceptance);
      });
    return averaging.init(initialStepSize(acceptanceOf, key, first, targetAcceptance));
  };

  return defineKernel<P, AdaptingState<P, S>, AdaptingInfo>({
    init: (position, key) => {
      const [initKey, searchKey] = split(key, 2);
      const mass = kind.init(position);
      moves ??= movesOf(adapting, mass);
      const inner = moves.init(position, initKey, mass);
      const moments = (kind.moments?.init(position) ?? null) as WelfordState | null;
      const state = search(inner, mass, firstStepSize, searchKey);
      return { position: inner.position, inner, step: 0, averaging: state, mass, moments };
    },
    step: (key, { inner, step, averaging: before, mass, moments }) => {
      const [moveKey, searchKey] = split(key, 2);
      const { next: stepSize } = averaging.stepSizes(before);
      const settings = { stepSize: tensor(stepSize), mass };
      const { state, info } = (moves as Moves<P, S>).step(moveKey, inner, settings);
      const window = schedule.windows.find(({ begin, end }) => begin <= step && step < end);
      const seen = observe(info, state.position, window ? moments : null);
      const acceptance = numberIn(seen.acceptance);
      const after = averaging.update(before, acceptance);
      const report = { stepSize, acceptance, diverged: numberIn(seen.diverged) };
      const next = { position: state.position, inner: state, step: step + 1 };
      if (!window || window.end !== step + 1 || !kind.moments)
        return { state: { ...next, averaging: after, mass, moments: seen.seen ?? moments }, info: report };
      const newMass = kind.massOf(estimate(seen.seen as WelfordState) as P | Tensor);
      const restarted = search(state, newMass, averaging.stepSizes(after).next, searchKey);
      const empty = kind.moments.init(state.position) as WelfordState;
      return { state: { ...next, averaging: restarted, mass: newMass, moments: empty }, info: report };
    },
    eager: true,
    clear: () => {
      for (const part of [observe, estimate, moves]) part?.clear();
    },
  });
}
