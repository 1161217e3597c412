import {
  add,
  cast,
  equal,
  exp,
  expandDims,
  floor,
  full,
  type Key,
  less,
  mod,
  mul,
  oneHot,
  reshape,
  split,
  squeeze,
  sub,
  type Tensor,
  takeAlongAxis,
  tensor,
  uniform,
  where,
  zeros,
} from '@ebmkit/tensor';
import { pottsSweeps } from '../graph/native/potts-sweeps.js';
import { sweepStructure } from '../graph/native/sweep-structure.js';
import { checkerboardColours, neighboursOf, shifted } from './geometry.js';
import type { PottsLattice } from './potts-lattice.js';

/** Sweeps over a Potts lattice. */
export type PottsLatticeSweeps = (key: Key, x: Tensor, sweeps: number) => Tensor;

/** Heat-bath sweeps over a Potts lattice, as over any coloured graph. */
export function pottsHeatBath({ size, sites, states, coupling, beta }: PottsLattice): PottsLatticeSweeps {
  const axes = size.length;
  const neighbours = neighboursOf(size);
  const edges = Int32Array.from({ length: 2 * axes * sites }, (_, end) => {
    const bond = end >> 1;
    const site = Math.floor(bond / axes);
    return end % 2 === 0 ? site : (neighbours[2 * axes * site + 2 * (bond % axes)] as number);
  });
  const structure = sweepStructure({ nodes: sites, edges, colours: checkerboardColours(size) });
  return (key, x, sweeps) => {
    const options = {
      structure,
      bias: zeros([sites, states]),
      weight: full([axes * sites], coupling),
      beta,
      sweeps,
    };
    return reshape(pottsSweeps(key, reshape(x, [x.shape[0] as number, sites]), options), x.shape);
  };
}

/** How many neighbours of each site have each value, float32 `[n, ...size, states]`. */
function neighbourCounts(x: Tensor, states: number): Tensor {
  const values = cast(oneHot(x, states), 'float32');
  return x.shape
    .slice(1)
    .flatMap((_, axis) => [shifted(values, axis + 1, 1), shifted(values, axis + 1, -1)])
    .reduce((a, b) => add(a, b));
}

/** Metropolis sweeps over a Potts lattice in ordinary operations: another state is proposed uniformly. */
export function pottsMetropolis({ size, states, coupling, beta }: PottsLattice): PottsLatticeSweeps {
  const colours = checkerboardColours(size);
  const propose = (key: Key, x: Tensor): Tensor => {
    const [forProposal, forTest] = split(key, 2);
    const counts = neighbourCounts(x, states);
    const turn = add(cast(floor(mul(uniform(forProposal, x.shape), states - 1)), 'int32'), 1);
    const proposed = mod(add(x, turn), states);
    const alike = (values: Tensor): Tensor => squeeze(takeAlongAxis(counts, expandDims(values, -1)), -1);
    const ratio = exp(mul(sub(alike(proposed), alike(x)), beta * coupling));
    return where(less(uniform(forTest, x.shape), ratio), proposed, x);
  };
  return (key, start, sweeps) => {
    const colour = tensor(colours, size);
    let x = start;
    split(key, 2 * sweeps).forEach((own, half) => {
      x = where(equal(colour, half % 2), propose(own, x), x);
    });
    return x;
  };
}
