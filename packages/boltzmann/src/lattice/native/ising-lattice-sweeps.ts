import {
  add,
  bernoulli,
  cast,
  definePrimitive,
  EbmError,
  equal,
  gather,
  type Key,
  mul,
  reshape,
  ShapeError,
  scoped,
  sizeOf,
  split,
  type Tensor,
  type TensorType,
  tensor,
  where,
} from '@ebmkit/tensor';
import { latticeSweepsKernel } from '@ebmkit/tensor-wasm/discrete';
import { checkerboardColours, shifted } from '../geometry.js';

type LatticeInputs = readonly [key: Key, spins: Tensor, table: Tensor];
type LatticeAttributes = {
  /** How many times every spin is drawn. */
  readonly sweeps: number;
};

/** The same law in ordinary operations, from random bits of its own. */
function inOperations([key, spins, table]: LatticeInputs, { sweeps }: LatticeAttributes): Tensor {
  const { shape } = spins;
  const axes = shape.slice(1).map((_, axis) => axis + 1);
  const size = shape.slice(1);
  const even = equal(tensor(checkerboardColours(size), size), 0);
  const levels = 2 * axes.length + 1;
  const flat = reshape(table, [2 * levels]);
  const half = (own: Key, current: Tensor, isEven: boolean): Tensor => {
    const up = cast(current, 'int32');
    const neighbours = axes.flatMap((axis) => [shifted(up, axis, 1), shifted(up, axis, -1)]);
    const row = neighbours.reduce((total, x) => add(total, x), mul(up, levels));
    const drawn = bernoulli(own, gather(flat, row));
    return isEven ? where(even, drawn, current) : where(even, current, drawn);
  };
  return split(key, sweeps).reduce<Tensor>(
    (current, own) =>
      scoped<Tensor>(() => {
        const [first, second] = split(own, 2);
        return half(second, half(first, current, true), false);
      }),
    spins,
  );
}

/** Sweeps that draw more spins than this are several calls: a call of the kernel cannot be interrupted, and has code for each sweep. */
const drawsPerCall = 2 ** 26;

const primitive = /* @__PURE__ */ definePrimitive<LatticeAttributes, LatticeInputs>({
  name: 'boltzmann/ising-lattice-sweeps',
  shape: (inputs) => inputs[1] as TensorType,
  fallback: inOperations,
  kernels: { wasm: latticeSweepsKernel },
});

/**
 * Checkerboard sweeps over spins on periodic square or cubic lattices: all sites whose coordinates have an even sum, then all others, each
 * spin drawn given how many of its neighbours are up. The table says how. With coupling $`J`$, field $`h`$ and $`f = J (2 k - 2 d) + h`$ for
 * `k` neighbours that are up:
 *
 * - heat bath: $`P(+1) = \sigma(2 \beta f)`$ in both rows;
 * - Metropolis: a spin `s` is turned with probability $`\min(1, e^{-2 \beta s f})`$.
 *
 * On the compiled backend one native call does all sweeps (some tenths of a second of them) with one byte for each spin; probabilities are
 * rounded up to multiples of 2⁻²⁴ there, as `bernoulli` does it everywhere. The random bits differ between backends, the law does not. Exact for tables that satisfy detailed balance.
 *
 * @param key - A key, used once.
 * @param spins - bool `[n, ...size]` with two or three even sides of at least 2; true is up. With a side of 2 both neighbours along it are one site, counted twice.
 * @param table - The probability that a spin is up next, float32 `[2, 2 d + 1]`: the row is its state now (0 down, 1 up), the column how many of its
 *   `2 d` neighbours are up. Values below 0 and above 1 count as 0 and 1, NaN as 0.
 * @param sweeps - How many times every spin is drawn; 1 unless given.
 * @returns The spins after the sweeps, bool `[n, ...size]`.
 * @throws ShapeError when the spins or the table have another shape; EbmError when `sweeps` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const table = sigmoid(mul(tensor([[-4, -2, 0, 2, 4], [-4, -2, 0, 2, 4]]), 2 * 0.44));
 * const spins = isingLatticeSweeps(key(1), zeros([1, 64, 64], 'bool'), table, 100);
 * ```
 * @see Glauber, "Time-dependent statistics of the Ising model", 1963, https://doi.org/10.1063/1.1703954
 */
export function isingLatticeSweeps(key: Key, spins: Tensor, table: Tensor, sweeps = 1): Tensor {
  const size = spins.shape.slice(1);
  const show = (x: Tensor): string => `${x.dtype} [${x.shape.join(', ')}]`;
  if (
    spins.dtype !== 'bool' ||
    (size.length !== 2 && size.length !== 3) ||
    size.some((side) => side < 2 || side % 2 !== 0)
  )
    throw new ShapeError(
      `isingLatticeSweeps: spins must be bool [n, ...size] with two or three even sides, got ${show(spins)}. The colours of a checkerboard need even sides.`,
    );
  const levels = 2 * size.length + 1;
  if (table.dtype !== 'float32' || table.shape.join() !== `2,${levels}`)
    throw new ShapeError(`isingLatticeSweeps: table must be float32 [2, ${levels}], got ${show(table)}.`);
  if (!Number.isInteger(sweeps) || sweeps < 1)
    throw new EbmError('argument', `isingLatticeSweeps: sweeps must be a whole number of at least 1, got ${sweeps}.`);
  const most = Math.max(1, Math.floor(drawsPerCall / sizeOf(spins.shape)));
  if (sweeps <= most) return primitive([key, spins, table], { sweeps });
  const calls = Math.ceil(sweeps / most);
  return split(key, calls).reduce<Tensor>(
    (current, own, call) =>
      scoped<Tensor>(() => primitive([own, current, table], { sweeps: Math.min(most, sweeps - call * most) })),
    spins,
  );
}
