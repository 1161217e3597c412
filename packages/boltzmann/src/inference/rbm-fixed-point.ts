import {
  abs,
  add,
  EbmError,
  free,
  isTensor,
  jit,
  max,
  maximum,
  mul,
  read,
  retire,
  ShapeError,
  scoped,
  sub,
  sumEvent,
  type Tensor,
  type TensorData,
  tensor,
  where,
  zeros,
} from '@ebmkit/tensor';
import { openRows, type Rows } from '../likelihood/rows.js';
import { checkStates, hiddenInput, visibleInput } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import type { Units } from '../units/units.js';
import { type Convergence, checkIteration, type IterationOptions, iterate } from './convergence.js';
import type { PlefkaOrder } from './plefka.js';
import { type BinaryMeans, binaryEntropy, correction, powersOf, reaction } from './rbm-plefka.js';

/** Visible units whose states are known. */
export interface ClampedVisible {
  /** Visible states, one row for each solution. Only clamped units are looked at. */
  readonly values: Rows;
  /** Which visible units are clamped, 1 or true where they are: one flag for each. */
  readonly mask: Uint8Array | readonly boolean[];
}

/** Settings of `rbmMeanField`. */
export interface RbmMeanFieldOptions extends IterationOptions {
  /** The change below which a row has converged; 1e-5 unless given, which float32 can reach. */
  readonly tolerance?: number;
  /** Visible means to start from, `[n, V]`: each row finds a solution of its own. Those of the biases alone unless given. */
  readonly start?: Tensor;
  /** Visible units that are clamped: `logZ` of a row is then of the sum over all states that agree with it. */
  readonly clamped?: ClampedVisible;
}

/** Solutions of the equations for the mean states of a machine, one each row. */
export interface RbmMagnetisations {
  /** The mean of each visible unit, `[n, V]` row by row. */
  readonly visible: TensorData;
  /** The mean of each hidden unit, `[n, H]` row by row. */
  readonly hidden: TensorData;
  /** For each row, $`\log Z`$ by the free energy of its solution, in nats. */
  readonly logZ: Float64Array;
  /** For each row, `converged` when its last change was below the tolerance. */
  readonly status: readonly Convergence['status'][];
  /** How many times both layers were updated. */
  readonly iterations: number;
  /** For each row, the largest change of a mean that the last iteration asked for, before damping; NaN when a mean is. */
  readonly change: Float64Array;
}

/** The means of both layers, and the last change of each row. */
type Means = { readonly visible: Tensor; readonly hidden: Tensor; readonly change: Tensor };
type Ends = { readonly low: Tensor; readonly high: Tensor };
/** All that stays the same from one iteration to the next, save the parameters. */
type Fixed = {
  readonly powers: readonly Tensor[];
  readonly visible: Ends;
  readonly hidden: Ends;
  /** The clamped states `[n, V]` and the mask `[V]`. */
  readonly clamp: { readonly values: Tensor; readonly mask: Tensor } | undefined;
};

/** The two values of each unit. */
function endsOf(where: string, { kind, sites, copies }: Units<string>): readonly (readonly [number, number])[] {
  if (copies || !sites?.every((site) => site.length === 2 && site[0]?.length === 1))
    throw new EbmError(
      'argument',
      `${where}: layers of units of two values are required, such as bernoulli(784), got ${kind} units.`,
    );
  return sites.map((site) => site.flat().toSorted((a, b) => a - b) as [number, number]);
}

function upload(ends: readonly (readonly [number, number])[]): Ends {
  return { low: tensor(ends.map(([low]) => low)), high: tensor(ends.map(([, high]) => high)) };
}

/** Reads what is clamped, and throws unless every clamped unit has one of its values. */
async function openClamp(caller: string, units: Units<string>, { values, mask }: ClampedVisible) {
  const { size } = units;
  if (mask.length !== size)
    throw new ShapeError(`${caller}: the mask must have ${size} flags, one for each visible unit, got ${mask.length}.`);
  const rows = openRows(caller, { size }, values);
  const numbers = Float64Array.from(isTensor(values) ? await read(values) : values);
  const ends = endsOf(caller, units);
  numbers.forEach((x, i) => {
    if (mask[i % size] && !ends[i % size]?.includes(x))
      throw new EbmError(
        'argument',
        `${caller}: a clamped unit must be ${ends[i % size]?.join(' or ')}, got ${x} at unit ${i % size}. Draw or round the data to states first.`,
      );
  });
  return () => ({ values: tensor(numbers, [rows.count, size]), mask: tensor(Uint8Array.from(mask, Number)) });
}

/** The equations of a machine as pure functions. */
function equationsOf<V extends string, H extends string>(machine: Rbm<V, H>, damping: number) {
  type P = RbmParameters<V, H>;
  const { visible, hidden } = machine;
  const held = ({ clamp }: Fixed, means: Tensor): Tensor => (clamp ? where(clamp.mask, clamp.values, means) : means);
  const damped = (wanted: Tensor, old: Tensor): Tensor => add(wanted, mul(sub(old, wanted), damping));
  const largest = (wanted: Tensor, old: Tensor): Tensor => max(abs(sub(wanted, old)), 1);
  return {
    begin: (params: P, fixed: Fixed, start?: Tensor): Means => {
      const rows = fixed.clamp?.values.shape[0] ?? 1;
      const free = start ?? visible.mean(ownOf(visible, 'visible', params), zeros([rows, visible.size]));
      const means = held(fixed, free);
      return {
        visible: means,
        hidden: hidden.mean(ownOf(hidden, 'hidden', params), hiddenInput(machine, params, means)),
        change: zeros([means.shape[0] as number]),
      };
    },
    step: (params: P, fixed: Fixed, before: Means): Means => {
      const v: BinaryMeans = { ...fixed.visible, mean: before.visible };
      const h: BinaryMeans = { ...fixed.hidden, mean: before.hidden };
      const up = add(hiddenInput(machine, params, before.visible), reaction(fixed.powers, h, v, false));
      const wantedHidden = hidden.mean(ownOf(hidden, 'hidden', params), up);
      const after = damped(wantedHidden, before.hidden);
      const back = reaction(fixed.powers, v, { ...h, mean: after }, true);
      const down = add(visibleInput(machine, params, after), back);
      const wantedVisible = held(fixed, visible.mean(ownOf(visible, 'visible', params), down));
      return {
        visible: damped(wantedVisible, before.visible),
        hidden: after,
        change: maximum(largest(wantedHidden, before.hidden), largest(wantedVisible, before.visible)),
      };
    },
    logZ: (params: P, fixed: Fixed, means: Means): Tensor => {
      const v: BinaryMeans = { ...fixed.visible, mean: means.visible };
      const h: BinaryMeans = { ...fixed.hidden, mean: means.hidden };
      const [ownV, ownH] = [ownOf(visible, 'visible', params), ownOf(hidden, 'hidden', params)];
      const energies = add(visible.energy(ownV, v.mean), hidden.energy(ownH, h.mean));
      const met = sumEvent(mul(hiddenInput(machine, params, v.mean), hidden.statistic(ownH, h.mean)));
      const entropies = add(binaryEntropy(v), binaryEntropy(h));
      return add(sub(add(entropies, met), energies), correction(fixed.powers, v, h));
    },
  };
}

/** The largest change that is a number: rows that have become NaN do not stop the others. NaN when all have. */
function largestOf(change: ArrayLike<number>): number {
  const known = Array.from(change).filter((x) => !Number.isNaN(x));
  return known.length === 0 ? Number.NaN : Math.max(...known);
}

/** Checks that the rows to start from fit the machine and what is clamped. */
function checkStart(caller: string, units: Units<string>, start?: Tensor, clamped?: Fixed['clamp']): void {
  if (start === undefined) return;
  checkStates(`${caller}: start`, units, start);
  const rows = clamped?.values.shape[0] ?? start.shape[0];
  if (rows !== start.shape[0])
    throw new ShapeError(`${caller}: start must have a row for each of ${rows} clamped states, got ${start.shape[0]}.`);
}

/**
 * Solves the mean-field equations of a machine of two-valued units to an order in its weights, layer after layer, a row at a time
 * in one batch. Two matrix products for each order and iteration.
 */
export async function solveMeans<V extends string, H extends string>(
  caller: string,
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  order: PlefkaOrder,
  { start, clamped, ...options }: RbmMeanFieldOptions,
): Promise<RbmMagnetisations> {
  const iteration = checkIteration(caller, options, { tolerance: 1e-5, damping: order === 1 ? 0 : 0.5 });
  const { visible, hidden } = machine;
  const [ofVisible, ofHidden] = [endsOf(caller, visible), endsOf(caller, hidden)];
  const makeClamp = clamped && (await openClamp(caller, visible, clamped));
  const { begin, step, logZ } = equationsOf(machine, iteration.damping);
  const fixed = scoped<Fixed>(() => ({
    powers: powersOf(params.weight, order),
    visible: upload(ofVisible),
    hidden: upload(ofHidden),
    clamp: makeClamp?.(),
  }));
  const next = jit(step);
  let means: Means | undefined;
  let change: Float64Array = new Float64Array();
  try {
    checkStart(caller, visible, start, fixed.clamp);
    means = scoped<Means>(() => begin(params, fixed, start));
    const ended = await iterate(caller, iteration, async () => {
      const before = means as Means;
      means = next(params, fixed, before);
      retire(before, [means, start]);
      change = Float64Array.from(await read(means.change));
      return largestOf(change);
    });
    const numbers = scoped<Tensor>(() => logZ(params, fixed, means as Means));
    const result = {
      visible: await read(means.visible),
      hidden: await read(means.hidden),
      logZ: Float64Array.from(await read(numbers)),
    };
    free(numbers);
    const isDone = (x: number): Convergence['status'] => (x < iteration.tolerance ? 'converged' : 'unconverged');
    return { ...result, status: Array.from(change, isDone), iterations: ended.iterations, change };
  } finally {
    next.clear();
    retire([means, fixed], [params, start]);
  }
}
