import { type Key, threefry } from '@ebmkit/tensor';
import type { SweepStructure } from './sweep-structure.js';

/** What `spinSweeps` takes, as plain numbers. */
export interface PlainSpinProblem {
  /** The graph in the order in which it is swept. */
  readonly structure: SweepStructure;
  /** The two ends of each edge. */
  readonly edges: readonly number[];
  /** The bias of each node. */
  readonly bias: Float32Array;
  /** The weight of each edge. */
  readonly weight: Float32Array;
  /** The inverse temperature of each chain. */
  readonly beta: Float32Array;
  /** 1 for the nodes that keep their state. */
  readonly clamped: Uint8Array;
  /** The first states, chain by chain. */
  readonly start: Uint8Array;
  /** How many chains. */
  readonly chains: number;
  /** How many sweeps. */
  readonly sweeps: number;
}

const { fround } = Math;
const memory = new DataView(new ArrayBuffer(4));
const floatOf = (bits: number): number => {
  memory.setInt32(0, bits);
  return memory.getFloat32(0);
};
const bitsOfFloat = (value: number): number => {
  memory.setFloat32(0, value);
  return memory.getInt32(0);
};

const rounding = 12582912;

/** The kernel's power of two without fused operations. */
function powerOfTwo(y: number): number {
  const limited = Math.max(Math.min(y, 126), -126);
  const shifted = fround(limited + rounding);
  const rest = fround(limited - fround(shifted - rounding));
  const [highest = 0, ...others] = [0.00132765, 0.00967554, 0.05550713, 0.2402212, 0.69314697, 1.00000007].map(fround);
  const value = others.reduce((total, c) => fround(fround(total * rest) + c), highest);
  return floatOf((bitsOfFloat(value) + (bitsOfFloat(shifted) << 23)) | 0);
}

/** The words of four lanes of xoshiro128++, step by step, seeded as a chunk of the stream of a key. */
function wordsOf({ words }: Key, chunk: number): () => readonly number[] {
  const seeds = Array.from({ length: 8 }, (_, j) => threefry(words, chunk, j)).flat();
  const lanes = [0, 1, 2, 3].map((lane) => [0, 4, 8, 12].map((word) => seeds[word + lane] as number));
  return () =>
    lanes.map((state) => {
      const [a = 0, b = 0, c = 0, d = 0] = state;
      const total = (a + d) | 0;
      const [c1, d1] = [c ^ a, d ^ b];
      state.splice(0, 4, a ^ d1, b ^ c1, c1 ^ (b << 9), (d1 << 11) | (d1 >>> 21));
      return (((total << 7) | (total >>> 25)) + a) | 0;
    });
}

/** When the kernel goes over to one chain after the other: by what it takes a sweep and a flip to cost. */
function turningPoint({ structure, chains }: PlainSpinProblem, vectors: number) {
  const degree = (2 * structure.edges) / structure.nodes;
  const laneCost = (vectors * (5.7 + 0.41 * degree)) / Math.min(chains, 4 * vectors);
  const gain = laneCost - 0.75;
  const mostChanges = Math.floor((gain / (13 + 0.5 * degree)) * structure.nodes * 4 * vectors);
  return { mostChanges, after: Math.ceil((3 + 0.6 * laneCost) / gain) };
}

/**
 * What the compiled kernel of `spinSweeps` does without fused operations, in plain JavaScript: a test holds the kernel to it bit by bit.
 *
 * @returns The states, and how many sweeps the last unit of chains was swept by flips.
 */
export function transcribedSpinSweeps(
  key: Key,
  problem: PlainSpinProblem,
): { readonly states: Uint8Array; readonly byFlips: number } {
  const { structure, edges, chains, start, sweeps } = problem;
  const { nodes } = structure;
  const vectors = chains <= 4 ? 1 : chains <= 8 ? 2 : 4;
  const lanes = 4 * vectors;
  const units = Math.ceil(chains / lanes);
  const states = start.slice();
  // Edges at each node in the order of their ends, as the structure has them.
  const edgesAt = Array.from({ length: nodes }, (_, node) =>
    edges.flatMap((end, e) =>
      end === node ? [{ other: edges[e ^ 1] as number, weight: problem.weight[e >> 1] as number }] : [],
    ),
  );
  const fieldOf = (row: number, node: number): number => {
    const terms = (edgesAt[node] ?? []).map(({ other, weight }) => (states[row + other] === 1 ? weight : -weight));
    let field = problem.bias[node] as number;
    for (let t = 0; t < terms.length; t += 2)
      field = fround(field + fround((terms[t] as number) + (terms[t + 1] ?? 0)));
    return field;
  };
  const { mostChanges, after } = turningPoint(problem, vectors);
  const chainOf = (unit: number, lane: number): number => Math.min(chains - 1, unit * lanes + lane);
  const scaleOf = (chain: number, factor: number): number => fround((problem.beta[chain] as number) * fround(factor));

  /** One sweep of all chains of a unit; gives how many lanes have changed, spare ones too. */
  const sweepLanes = (unit: number, spare: Map<number, Uint8Array>, words: () => readonly number[]): number => {
    let changes = 0;
    for (const node of structure.order) {
      if (problem.clamped[node] === 1) continue;
      for (let lane = 0; lane < lanes; lane += 4) {
        const drawn = words();
        for (let i = 0; i < 4; i++) {
          const chain = chainOf(unit, lane + i);
          const row = chain * nodes;
          // Spare lanes are copies of the last chain that go their own way.
          const isSpare = unit * lanes + lane + i >= chains;
          const own = states.slice(row, row + nodes);
          if (isSpare) states.set(spare.get(lane + i) as Uint8Array, row);
          const denominator = fround(powerOfTwo(fround(fieldOf(row, node) * scaleOf(chain, -2 * Math.LOG2E))) + 1);
          const up = Number(fround(((drawn[i] as number) >>> 8) * denominator) < 2 ** 24);
          changes += Number(states[row + node] !== up);
          states[row + node] = up;
          if (isSpare) {
            spare.set(lane + i, states.slice(row, row + nodes));
            states.set(own, row);
          }
        }
      }
    }
    return changes;
  };

  let byFlips = 0;
  for (let unit = 0; unit < units; unit++) {
    const words = wordsOf(key, unit);
    const spare = new Map<number, Uint8Array>();
    for (let lane = 0; lane < lanes; lane++) {
      const row = chainOf(unit, lane) * nodes;
      spare.set(lane, states.slice(row, row + nodes));
    }
    let done = 0;
    let isCalm = false;
    while (done < sweeps && !isCalm) {
      const changes = sweepLanes(unit, spare, words);
      done++;
      isCalm = nodes >= 32 && changes <= mostChanges && done >= after;
    }
    byFlips = sweeps - done;
    for (let chain = unit * lanes; chain < Math.min(chains, (unit + 1) * lanes); chain++)
      sweepByFlips(problem, states.subarray(chain * nodes, (chain + 1) * nodes), sweeps - done, {
        words: wordsOf(key, units + chain),
        fieldOf: (node) => fieldOf(chain * nodes, node),
        scale: scaleOf(chain, 2 * Math.LOG2E),
        edgesAt,
      });
  }
  return { states, byFlips };
}

/** What a chain is swept by flips with. */
interface FlipParts {
  readonly words: () => readonly number[];
  readonly fieldOf: (node: number) => number;
  readonly scale: number;
  readonly edgesAt: readonly (readonly { readonly other: number; readonly weight: number }[])[];
}

/** The level of a node whose field has the sign of its spin and this size, and the bound on its probability, less one. */
function boundOf(aligned: number, scale: number): number {
  const shifted = fround(fround(aligned * fround(scale * 2)) + (rounding - 2));
  const level = Math.max(0, Math.min(15, (bitsOfFloat(shifted) - bitsOfFloat(rounding)) | 0));
  return level === 0 ? 255 : Math.ceil(256 / (1 + 2 ** ((level + 1.48) / 2))) - 1;
}

function sweepByFlips(
  { structure, clamped }: PlainSpinProblem,
  states: Uint8Array,
  sweeps: number,
  { words, fieldOf, scale, edgesAt }: FlipParts,
): void {
  const fields = new Float32Array(structure.nodes);
  const alignedOf = (node: number): number =>
    clamped[node] === 1 ? Number.POSITIVE_INFINITY : (fields[node] as number) * (states[node] === 1 ? 1 : -1);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    if (sweep % 128 === 0) for (let node = 0; node < structure.nodes; node++) fields[node] = fieldOf(node);
    let first = 0;
    for (const count of structure.blocks) {
      const block = Array.from(structure.order.subarray(first, first + count));
      first += count;
      const candidates: { readonly node: number; readonly bound: number }[] = [];
      for (let i = 0; i < block.length; i += 16) {
        const drawn = words();
        block.slice(i, i + 16).forEach((node, lane) => {
          const byte = ((drawn[lane >> 2] as number) >>> (8 * (lane % 4))) & 255;
          const bound = boundOf(alignedOf(node), scale);
          if (byte <= bound) candidates.push({ node, bound });
        });
      }
      const flips: number[] = [];
      for (let i = 0; i < candidates.length; i += 4) {
        const drawn = words();
        candidates.slice(i, i + 4).forEach(({ node, bound }, lane) => {
          const power = powerOfTwo(fround(alignedOf(node) * scale));
          const denominator = fround(fround(power + 1) * (bound + 1));
          if (fround((((drawn[lane] as number) >>> 8) | 1) * denominator) < 2 ** 32) flips.push(node);
        });
      }
      for (const node of flips) {
        states[node] = 1 - (states[node] as number);
        const change = states[node] === 1 ? 2 : -2;
        for (const { other, weight } of edgesAt[node] ?? [])
          fields[other] = fround((fields[other] as number) + fround(weight * change));
      }
    }
  }
}
