import { defineKernel, type GibbsState, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import { fold, full, ones, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { type ClusterModel, checkValues, clusterModel } from './clusters.js';
import { checkStates } from './geometry.js';
import { dtypeOf, type Lattice } from './lattice.js';
import { drawBelow, perWord, randomWords } from './random-words.js';

/** What a step of the Swendsen-Wang algorithm reports; every chain moves. */
export type SwendsenWangInfo = MoveInfo & {
  /** How many clusters the lattice fell into, int32 `[chains]`. */
  readonly clusters: Tensor;
};

type States = Uint8Array | Int32Array;

/** The root of a site's tree; on the way every other site is hung one higher. */
function rootOf(parents: Int32Array, site: number): number {
  let at = site;
  for (let parent = parents[at] as number; parent !== at; parent = parents[at] as number) {
    parents[at] = parents[parent] as number;
    at = parent;
  }
  return at;
}

/** Draws the bonds and joins what they connect: trees of sites, whose roots have the lowest number. */
function joinSites(next: () => number, model: ClusterModel, x: States, parents: Int32Array): void {
  const { neighbours, degree, joinsEqual, bondThreshold, sites } = model;
  for (let site = 0; site < sites; site++) parents[site] = site;
  for (let site = 0; site < sites; site++) {
    for (let b = site * degree; b < (site + 1) * degree; b += 2) {
      const other = neighbours[b] as number;
      if ((x[other] === x[site]) !== joinsEqual || next() >= bondThreshold) continue;
      const [a, c] = [rootOf(parents, site), rootOf(parents, other)];
      if (a < c) parents[c] = a;
      else parents[a] = c;
    }
  }
}

/** Draws a turn for every cluster and turns its sites, in place; gives the number of clusters. */
function turnClusters(next: () => number, model: ClusterModel, x: States, parents: Int32Array): number {
  const { values, fieldCost, sites } = model;
  const spinSums = new Float64Array(fieldCost === 0 ? 0 : sites);
  if (fieldCost !== 0)
    for (let site = 0; site < sites; site++) {
      const root = rootOf(parents, site);
      spinSums[root] = (spinSums[root] as number) + 2 * (x[site] as number) - 1;
    }
  const turns = new Int32Array(sites);
  let clusters = 0;
  for (let site = 0; site < sites; site++) {
    const root = rootOf(parents, site);
    // A root comes before the other sites of its cluster.
    if (root === site) {
      clusters++;
      turns[root] =
        fieldCost === 0
          ? drawBelow(next, values)
          : Number(next() * perWord < 1 / (1 + Math.exp(fieldCost * (spinSums[root] as number))));
    }
    x[site] = ((x[site] as number) + (turns[root] as number)) % values;
  }
  return clusters;
}

/**
 * The Swendsen-Wang algorithm: draws a bond between any two neighbours in their favoured arrangement with the probability of Fortuin and Kasteleyn, and
 * then every cluster of connected sites anew as a whole: to a uniform state, or in a field $`h`$ upside down with probability $`1 / (1 + e^{2 \beta h M})`$, where
 * $`M`$ is the sum of its spins. Both draws are exact conditionals, so it is exact, without a test, for ferromagnets and Ising antiferromagnets on any
 * lattice. The autocorrelation time hardly grows with the size at a critical point, as with `wolff`, which turns one large cluster for less work in
 * three dimensions; `checkerboard` is faster away from it.
 *
 * A step costs time in proportion to the bonds. It reads the states, so it is `eager` and cannot run where tensors cannot be read at once (WebGPU).
 *
 * @param lattice - An Ising lattice, or a Potts lattice with a coupling of at least 0.
 * @returns A kernel over states `[chains, ...size]`.
 * @throws EbmError when the coupling of a Potts lattice is negative.
 *
 * @example
 * ```ts
 * const kernel = swendsenWang(pottsLattice({ size: [64, 64], states: 3, beta: 1 }));
 * ```
 * @see Swendsen and Wang, "Nonuniversal critical dynamics in Monte Carlo simulations", 1987, https://doi.org/10.1103/PhysRevLett.58.86
 */
export function swendsenWang(lattice: Lattice): Kernel<Tensor, GibbsState<Tensor>, SwendsenWangInfo> {
  const model = clusterModel('swendsenWang', lattice);
  const { size, sites } = lattice;
  return defineKernel<Tensor, GibbsState<Tensor>, SwendsenWangInfo>({
    init: (position) => {
      checkStates('swendsenWang', size, dtypeOf(lattice), position);
      return { position };
    },
    step: (key, { position }) => {
      const chains = position.shape[0] as number;
      const states = readSync(position) as States;
      checkValues('swendsenWang', states, model.values);
      const parents = new Int32Array(sites);
      const clusters = new Int32Array(chains);
      for (let chain = 0; chain < chains; chain++) {
        const next = randomWords(fold(key, chain));
        const own = states.subarray(chain * sites, (chain + 1) * sites);
        joinSites(next, model, own, parents);
        clusters[chain] = turnClusters(next, model, own, parents);
      }
      const info: SwendsenWangInfo = {
        accepted: full([chains], 1, 'bool'),
        acceptanceProbability: ones([chains]),
        diverged: full([chains], 0, 'bool'),
        clusters: tensor(clusters),
      };
      return { state: { position: tensor(states, position.shape) }, info };
    },
    eager: true,
  });
}
