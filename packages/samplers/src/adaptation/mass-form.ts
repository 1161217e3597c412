import { EbmError, mapTree, ones, readSync, type Tensor, type Tree, tensor, tensorsOf } from '@ebmkit/tensor';
import { type DenseMass, denseMetric, denseMetricFrom, factoriseInverseMass } from '../hamiltonian/dense-metric.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import { eventSizeOf, flattenEvents, unflattenEvents } from '../hamiltonian/flat-event.js';
import { identityMetric, type Metric } from '../hamiltonian/metric.js';
import { type Welford, welford } from './welford.js';

/** Which mass matrices are adapted: none, one mass for each coordinate, or a full matrix over the flattened event. */
export type MassForm = 'identity' | 'diagonal' | 'dense';

/**
 * The inverse masses of a form, as plain numbers over the flattened event (in the order of `tensorsOf` where positions are trees):
 * variances, the rows of a covariance matrix, or nothing.
 */
export type InverseMass<M extends MassForm = MassForm> = M extends 'diagonal'
  ? Float64Array
  : M extends 'dense'
    ? readonly Float64Array[]
    : undefined;

/** What adaptation must know of a form of mass matrices. */
export interface MassKind<X extends Tree> {
  /** The tensors that stand for unit masses. */
  readonly init: (like: X) => Tree;
  /** The metric of such tensors, which may be traced. */
  readonly metricOf: (mass: Tree) => Metric<X>;
  /** How the covariance is estimated; undefined where it is not. */
  readonly moments: Welford<X, X | Tensor> | undefined;
  /** The tensors that stand for an inverse mass matrix. Reads numbers. */
  readonly massOf: (covariance: X | Tensor) => Tree;
  /** The numbers in such tensors. */
  readonly numbersOf: (mass: Tree) => InverseMass;
}

function identityMass<X extends Tree>(): MassKind<X> {
  return {
    init: () => null,
    metricOf: () => identityMetric(),
    moments: undefined,
    massOf: () => null,
    numbersOf: () => undefined,
  };
}

function diagonalMass<X extends Tree>(): MassKind<X> {
  return {
    init: (like) => mapTree((x) => ones(x.shape.slice(1)), like),
    metricOf: (mass) => diagonalMetric(mass as X),
    moments: welford<X>('diagonal') as Welford<X, X | Tensor>,
    massOf: (covariance) => covariance,
    numbersOf: (mass) => Float64Array.from(tensorsOf(mass).flatMap((x) => Array.from(readSync(x)))),
  };
}

/** The rows of a square matrix, each averaged with its column: products in float32 are symmetric only up to rounding. */
function symmetricRows(matrix: Tensor): Float64Array[] {
  const [numbers, size] = [readSync(matrix), matrix.shape[0] as number];
  const at = (i: number, j: number): number => numbers[i * size + j] as number;
  return Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) => (at(i, j) + at(j, i)) / 2),
  );
}

function denseMassOf(rows: readonly Float64Array[]): { readonly inverseMass: Tensor; readonly factor: Tensor } {
  const { inverseMass, factor, size } = factoriseInverseMass('warmUp', rows);
  return { inverseMass: tensor(inverseMass, [size, size]), factor: tensor(factor, [size, size]) };
}

function denseMass<X extends Tree>(): MassKind<X> {
  return {
    init: (like) => {
      const size = eventSizeOf(like);
      return denseMassOf(
        Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))),
      );
    },
    metricOf: (mass) => denseMetricFrom(mass as unknown as DenseMass),
    moments: welford<X>('dense') as Welford<X, X | Tensor>,
    massOf: (covariance) => denseMassOf(symmetricRows(covariance as Tensor)),
    numbersOf: (mass) => symmetricRows((mass as unknown as DenseMass).inverseMass),
  };
}

/** What is to be known of a form. */
export function massKind<X extends Tree>(form: MassForm): MassKind<X> {
  if (form === 'identity') return identityMass();
  if (form === 'diagonal') return diagonalMass();
  if (form === 'dense') return denseMass();
  throw new EbmError('argument', `warmUp: mass must be 'identity', 'diagonal' or 'dense', got ${String(form)}.`);
}

/**
 * The metric of adapted inverse masses, for positions of any structure.
 *
 * @param inverseMass - From `warmUp`: variances over the flattened event, the rows of a covariance matrix, or undefined for unit masses.
 * @returns A metric for such positions.
 * @throws EbmError when the numbers are not positive, or the matrix is not positive definite.
 *
 * @example
 * ```ts
 * const kernel = nuts(target, { stepSize: parameters.stepSize, metric: adaptedMetric(parameters.inverseMass) });
 * ```
 */
export function adaptedMetric<X extends Tree>(inverseMass: InverseMass): Metric<X> {
  if (inverseMass === undefined) return identityMetric();
  if (Array.isArray(inverseMass)) return denseMetric(inverseMass);
  const flat = diagonalMetric<Tensor>(inverseMass as Float64Array);
  return {
    draw: (key, like) => unflattenEvents(flat.draw(key, flattenEvents(like)), like),
    velocity: (momentum) => unflattenEvents(flat.velocity(flattenEvents(momentum)), momentum),
  };
}
