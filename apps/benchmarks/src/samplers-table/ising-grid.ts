import type { BlockConditional, DiscreteEnergy } from '@ebmkit/energy';
import {
  bernoulli,
  cast,
  matMul,
  mul,
  neg,
  reshape,
  sigmoid,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { chessBoard } from '../workloads/coloured-graph.js';

/** The Ising model on a square grid with free edges, $`E(s) = -\beta \sum_{i \sim j} s_i s_j`$. */
export interface IsingGrid {
  /** Spins along an edge. */
  readonly side: number;
  /** The inverse temperature; the model orders at 0.44. */
  readonly beta: number;
}

/** Its energy over float32 spins `[n, side, side]`. */
export function isingEnergy({ side, beta }: IsingGrid): DiscreteEnergy {
  return {
    support: 'discrete',
    energy: (s) => {
      const n = s.shape[0] as number;
      const down = mul(slice(s, [0, 1, 0], [n, side - 1, side]), slice(s, [0, 0, 0], [n, side - 1, side]));
      const right = mul(slice(s, [0, 0, 1], [n, side, side - 1]), slice(s, [0, 0, 0], [n, side, side - 1]));
      return mul(sub(neg(sum(down, [1, 2])), sum(right, [1, 2])), beta);
    },
  };
}

/** The log normaliser by the transfer of row states, site by site, with sums in double precision: $`O(side^2 2^{side})`$. */
function logZ(side: number, beta: number): number {
  const states = 2 ** side;
  let weights = new Float64Array(states).fill(1);
  let scale = 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const bit = 2 ** column;
      const next = new Float64Array(states);
      for (let state = 0; state < states; state++) {
        const up = Math.floor(state / bit) % 2;
        const left = column > 0 ? Math.floor((2 * state) / bit) % 2 : up;
        const across = column > 0 ? Math.exp(beta * (up === left ? 1 : -1)) : 1;
        const same = weights[state] as number;
        const other = weights[up ? state - bit : state + bit] as number;
        next[state] = across * (row === 0 ? same : same * Math.exp(beta) + other * Math.exp(-beta));
      }
      const largest = next.reduce((a, b) => Math.max(a, b), 0);
      weights = next.map((w) => w / largest);
      scale += Math.log(largest);
    }
  }
  return scale + Math.log(weights.reduce((a, b) => a + b, 0));
}

/** The mean of the energy, $`-\beta \, \partial \log Z / \partial \beta`$, exact to about nine digits. */
export function isingMeanEnergy({ side, beta }: IsingGrid): number {
  const h = 1e-4;
  return (-beta * (logZ(side, beta + h) - logZ(side, beta - h))) / (2 * h);
}

/** Spins by the colours of a chess board, `[n, nodes / 2]` each. Nodes of one colour do not touch. */
export function isingBlocks({ side, beta }: IsingGrid): BlockConditional<'black' | 'white'> {
  const { nodes, edges } = chessBoard(side);
  const half = Math.ceil(nodes / 2);
  const touching = new Float32Array(half * (nodes - half));
  for (let e = 0; e < edges.length / 2; e++) {
    const [a, b] = [edges[2 * e] as number, edges[2 * e + 1] as number].sort((i, j) => i - j) as [number, number];
    touching[a * (nodes - half) + b - half] = 1;
  }
  const matrix = () => tensor(touching, [half, nodes - half]);
  return {
    blocks: ['black', 'white'],
    sampleBlock: (key, block, { black, white }) => {
      const field =
        block === 'black' ? matMul(white as Tensor, matrix(), { transposeB: true }) : matMul(black as Tensor, matrix());
      return sub(mul(cast(bernoulli(key, sigmoid(mul(field, 2 * beta))), 'float32'), 2), 1);
    },
  };
}

/** What is judged of spins: all of them, their sum and their energy, `[chains, side * side + 2]`. */
export function isingScalars(spins: Float32Array, { side, beta }: IsingGrid): Float32Array {
  const nodes = side * side;
  const chains = spins.length / nodes;
  const out = new Float32Array(chains * (nodes + 2));
  for (let chain = 0; chain < chains; chain++) {
    const own = spins.subarray(chain * nodes, (chain + 1) * nodes);
    let bonds = 0;
    for (let i = 0; i < nodes; i++) {
      if (i + side < nodes) bonds += (own[i] as number) * (own[i + side] as number);
      if ((i + 1) % side > 0) bonds += (own[i] as number) * (own[i + 1] as number);
    }
    const total = own.reduce((a, b) => a + b, 0);
    out.set(own, chain * (nodes + 2));
    out.set([total, -beta * bonds], chain * (nodes + 2) + nodes);
  }
  return out;
}

/** Blocks of both colours in the order of the grid. */
export function gridOf(black: Float32Array, white: Float32Array, side: number): Float32Array {
  const half = Math.ceil((side * side) / 2);
  const [chains, rest] = [black.length / half, side * side - half];
  const out = new Float32Array(chains * side * side);
  for (let chain = 0; chain < chains; chain++) {
    let [b, w] = [0, 0];
    for (let i = 0; i < side * side; i++) {
      const isBlack = (Math.floor(i / side) + (i % side)) % 2 === 0;
      out[chain * side * side + i] = (isBlack ? black[chain * half + b++] : white[chain * rest + w++]) as number;
    }
  }
  return out;
}

/** Spins drawn from bits, `[chains, side, side]`. */
export function spinsOf(bits: Float32Array, side: number): Tensor {
  return reshape(tensor(bits.map((bit) => 2 * bit - 1)), [-1, side, side]);
}
