import { isingLatticeSweeps } from '@ebmkit/boltzmann';
import { free, jit, type Key, key, ones, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { estimateOf } from '../statistics.js';
import { type Prepared, workload } from '../workload.js';

/** How large the lattice is and how long it is swept. */
export type LatticeSize = {
  /** Rows and columns. */
  readonly side: number;
  /** Sweeps of a run. */
  readonly sweeps: number;
};

/** The inverse of the critical temperature. */
const critical = Math.log(1 + Math.SQRT2) / 2;

/** Minus the products of each site with its neighbours to the right and below, for each row. */
function rowEnergies(spins: ArrayLike<number>, side: number): Float64Array {
  const spin = (row: number, column: number): number =>
    2 * (spins[(row % side) * side + (column % side)] as number) - 1;
  return Float64Array.from({ length: side }, (_, row) => {
    let total = 0;
    for (let column = 0; column < side; column++)
      total -= spin(row, column) * (spin(row + 1, column) + spin(row, column + 1));
    return total / side;
  });
}

/** Heat-bath sweeps from all spins up, all in one call. */
function prepareLattice({ side, sweeps }: LatticeSize): Prepared {
  const row = Float32Array.from({ length: 5 }, (_, k) => 1 / (1 + Math.exp(-2 * critical * (2 * k - 4))));
  const table = tensor(Float32Array.of(...row, ...row), [2, 5]);
  const start = ones([1, side, side], 'bool');
  const run = jit((k: Key, x: Tensor, t: Tensor) => isingLatticeSweeps(k, x, t, sweeps));
  let seed = 1;
  const sample = (): Tensor => run(key(seed++), start, table);
  return {
    run: () => free(sample()),
    quality: () => {
      const spins = sample();
      const energy = estimateOf(rowEnergies(readSync(spins), side));
      free(spins);
      return { energy };
    },
    release: () => {
      run.clear();
      free([table, start]);
    },
  };
}

/** The Ising model on the square lattice at its critical temperature. */
export const isingLattice = workload<LatticeSize>({
  name: 'ising-lattice',
  group: 'Discrete models',
  title: 'Ising model on a periodic square lattice at the critical temperature, 50 sweeps from all spins up',
  rows: [{ size: '1024x1024', parameters: { side: 1024, sweeps: 50 } }],
  tiny: { side: 16, sweeps: 4 },
  peers: ['jax'],
  inputs: () => ({}),
  prepare: prepareLattice,
  demand: ({ side, sweeps }) => ({ words: (side * side * sweeps) / 4 }),
  throughput: ({ side, sweeps }) => ({ unit: 'flips/ns', perRun: (side * side * sweeps) / 1e9 }),
  agreed: { energy: 5e-3 },
});
