import { defineKernel, type GibbsState, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import { EbmError, fold, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { type ClusterModel, checkValues, clusterModel } from './clusters.js';
import { checkStates } from './geometry.js';
import { dtypeOf, type Lattice } from './lattice.js';
import { drawBelow, perWord, randomWords } from './random-words.js';

/** How the Wolff algorithm moves. */
export interface WolffOptions {
  /** How many clusters each chain builds in one step; 1 unless given. */
  readonly clusters?: number;
}

/**
 * What a step of the Wolff algorithm reports. `accepted` says whether a cluster was turned, and `acceptanceProbability` is the mean over
 * the clusters of the step: both are 1 without a field.
 */
export type WolffInfo = MoveInfo & {
  /**
   * The mean size of the step's clusters, float32 `[chains]`. Its mean over many steps, divided by the sites, is $`\langle m^2 \rangle`$ of an
   * Ising ferromagnet without a field.
   */
  readonly clusterSize: Tensor;
};

/** Memory for growing clusters, so that one of a few sites costs as little as its sites. */
interface Workspace {
  /** The sites of the cluster, as many as it has. */
  readonly members: Int32Array;
  /** 1 for sites that are in it. */
  readonly isMember: Uint8Array;
}

type States = Uint8Array | Int32Array;

/** Grows a cluster from a site over the bonds that are drawn, and gives its size. */
function growCluster(next: () => number, model: ClusterModel, x: States, seed: number, space: Workspace): number {
  const { neighbours, degree, joinsEqual, bondThreshold } = model;
  const { members, isMember } = space;
  members[0] = seed;
  isMember[seed] = 1;
  let size = 1;
  for (let i = 0; i < size; i++) {
    const site = members[i] as number;
    const value = x[site] as number;
    for (let b = site * degree; b < (site + 1) * degree; b++) {
      const other = neighbours[b] as number;
      if (isMember[other] || (x[other] === value) !== joinsEqual || next() >= bondThreshold) continue;
      isMember[other] = 1;
      members[size++] = other;
    }
  }
  return size;
}

/** Builds one cluster and turns it, in place; gives its size, the probability with which it was to be turned, and whether it was. */
function moveCluster(next: () => number, model: ClusterModel, x: States, space: Workspace) {
  const { values, fieldCost, sites } = model;
  const { members, isMember } = space;
  const size = growCluster(next, model, x, drawBelow(next, sites), space);
  let spinSum = 0;
  if (fieldCost !== 0) for (let i = 0; i < size; i++) spinSum += 2 * (x[members[i] as number] as number) - 1;
  const probability = Math.min(1, Math.exp(-fieldCost * spinSum));
  const isTurned = fieldCost === 0 || next() * perWord < probability;
  const turn = values === 2 ? 1 : 1 + drawBelow(next, values - 1);
  for (let i = 0; i < size; i++) {
    const site = members[i] as number;
    isMember[site] = 0;
    if (isTurned) x[site] = ((x[site] as number) + turn) % values;
  }
  return { size, probability, isTurned };
}

/**
 * The Wolff algorithm: grows one cluster from a random site over random bonds between neighbours in their favoured arrangement, and turns it over
 * as a whole (to another state drawn uniformly, for Potts). Exact, for ferromagnets and Ising antiferromagnets on any lattice. Near a critical point its
 * autocorrelation time hardly grows with the size, where that of `checkerboard` grows as $`L^{2.2}`$; far above it clusters are small and
 * `checkerboard` is faster. `swendsenWang` turns all clusters.
 *
 * In a field the cluster is turned with the Metropolis probability $`\min(1, e^{-2 \beta h M})`$ of the sum $`M`$ of its spins: exact, and slow where
 * $`\beta h`$ times the size of a cluster is large.
 *
 * A step costs time in proportion to the sites of its clusters, besides one copy of the states. It reads them, so it is `eager` and cannot run where
 * tensors cannot be read at once (WebGPU).
 *
 * @param lattice - An Ising lattice, or a Potts lattice with a coupling of at least 0.
 * @param options - How many clusters a step builds.
 * @returns A kernel over states `[chains, ...size]`.
 * @throws EbmError when the coupling of a Potts lattice is negative or `clusters` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const lattice = isingLattice({ size: [32, 32], beta: 0.44 });
 * const { energy } = await measureLattice(lattice, { kernel: wolff(lattice, { clusters: 4 }), chains: 8, steps: 1000, warmup: 100, key: key(1) });
 * ```
 * @see Wolff, "Collective Monte Carlo updating for spin systems", 1989, https://doi.org/10.1103/PhysRevLett.62.361
 */
export function wolff(
  lattice: Lattice,
  { clusters = 1 }: WolffOptions = {},
): Kernel<Tensor, GibbsState<Tensor>, WolffInfo> {
  if (!Number.isInteger(clusters) || clusters < 1)
    throw new EbmError('argument', `wolff: clusters must be a whole number of at least 1, got ${clusters}.`);
  const model = clusterModel('wolff', lattice);
  const { size, sites } = lattice;
  return defineKernel<Tensor, GibbsState<Tensor>, WolffInfo>({
    init: (position) => {
      checkStates('wolff', size, dtypeOf(lattice), position);
      return { position };
    },
    step: (key, { position }) => {
      const chains = position.shape[0] as number;
      const states = readSync(position) as States;
      checkValues('wolff', states, model.values);
      const space = { members: new Int32Array(sites), isMember: new Uint8Array(sites) };
      const [accepted, probability, total] = [
        new Uint8Array(chains),
        new Float32Array(chains),
        new Float32Array(chains),
      ];
      for (let chain = 0; chain < chains; chain++) {
        const next = randomWords(fold(key, chain));
        const own = states.subarray(chain * sites, (chain + 1) * sites);
        for (let i = 0; i < clusters; i++) {
          const move = moveCluster(next, model, own, space);
          if (move.isTurned) accepted[chain] = 1;
          probability[chain] = (probability[chain] as number) + move.probability;
          total[chain] = (total[chain] as number) + move.size;
        }
      }
      const info: WolffInfo = {
        accepted: tensor(accepted),
        acceptanceProbability: tensor(probability.map((sum) => sum / clusters)),
        diverged: tensor(new Uint8Array(chains)),
        clusterSize: tensor(total.map((sum) => sum / clusters)),
      };
      return { state: { position: tensor(states, position.shape) }, info };
    },
    eager: true,
  });
}
