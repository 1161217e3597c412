import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  exp,
  fold,
  type Key,
  key,
  mul,
  neg,
  readSync,
  reference,
  reshape,
  scoped,
  slice,
  split,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  uniform,
  useBackend,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diagonalMetric } from '../../hamiltonian/diagonal-metric.js';
import { nuts } from '../nuts.js';

/** What a plain transition came to. */
interface PlainTransition {
  readonly position: readonly number[];
  readonly depth: number;
  readonly leaves: number;
  readonly acceptance: number;
  readonly energyError: number;
  readonly turned: boolean;
  readonly diverged: boolean;
}

/** A target in plain numbers. */
interface PlainTarget {
  readonly energy: (x: readonly number[]) => number;
  readonly gradient: (x: readonly number[]) => number[];
}

/** The uniform numbers of a transition, by what they are for. */
interface Choices {
  /** Called before each leaf of a doubling with its number there and the depth. */
  readonly leaf: (index: number, depth: number) => void;
  /** For the choice between two halves of a stretch of at most eight leaves. */
  readonly merge: () => number;
  /** For the choice between a block of eight leaves and those of the doubling before it. */
  readonly join: () => number;
  /** For the choice between a doubling and what was before, and for the next direction. */
  readonly close: (depth: number) => readonly [number, number];
  /** For the first direction. */
  readonly direction: number;
}

interface Point {
  readonly x: readonly number[];
  readonly p: readonly number[];
}

interface Tree {
  readonly first: Point;
  readonly last: Point;
  readonly momentumSum: readonly number[];
  readonly weight: number;
  readonly candidate: Point;
  readonly stopped: boolean;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, i) => s + v * (b[i] as number), 0);
const plus = (a: readonly number[], b: readonly number[], c = 1): number[] => a.map((v, i) => v + c * (b[i] as number));

/** Doublings of this depth and above draw their leaf block by block, each block of $`2^3`$ leaves against all before it. */
const blockDepth = 3;

/** One transition of the recursive multinomial no-U-turn sampler, in plain float64 numbers, one chain. */
function plainNuts(
  target: PlainTarget,
  { stepSize, inverseMass, maxTreeDepth }: { stepSize: number; inverseMass: readonly number[]; maxTreeDepth: number },
  x: readonly number[],
  p: readonly number[],
  choices: Choices,
): PlainTransition {
  const hamiltonian = ({ x, p }: Point): number =>
    target.energy(x) +
    dot(
      p,
      p.map((v, i) => v * (inverseMass[i] as number)),
    ) /
      2;
  const turns = (a: Point, b: Point, sum: readonly number[]): boolean => {
    const rho = plus(plus(sum, a.p, -0.5), b.p, -0.5).map((v, i) => v * (inverseMass[i] as number));
    return dot(a.p, rho) <= 0 || dot(b.p, rho) <= 0;
  };
  const start: Point = { x, p };
  const h0 = hamiltonian(start);
  let [leaves, acceptance, turned, diverged] = [0, 0, false, false];

  let drawn: Pick<Tree, 'weight' | 'candidate'> = { weight: 0, candidate: start };
  const build = (depth: number, whole: number, from: Point, direction: number, index: number): Tree => {
    if (depth === 0) {
      choices.leaf(index, whole);
      const e = direction * stepSize;
      const half = plus(from.p, target.gradient(from.x), -e / 2);
      const to = plus(
        from.x,
        half.map((v, i) => v * (inverseMass[i] as number)),
        e,
      );
      const leaf = { x: to, p: plus(half, target.gradient(to), -e / 2) };
      const error = hamiltonian(leaf) - h0;
      leaves++;
      acceptance += Number.isFinite(error) ? Math.min(1, Math.exp(-error)) : 0;
      const bad = !(error <= 1000);
      if (bad) diverged = true;
      return { first: leaf, last: leaf, momentumSum: leaf.p, weight: Math.exp(-error), candidate: leaf, stopped: bad };
    }
    const a = build(depth - 1, whole, from, direction, index);
    if (a.stopped) return a;
    const b = build(depth - 1, whole, a.last, direction, index + 2 ** (depth - 1));
    if (b.stopped) return b;
    const momentumSum = plus(a.momentumSum, b.momentumSum);
    const weight = a.weight + b.weight;
    const stopped = turns(a.first, b.last, momentumSum);
    if (stopped) turned = true;
    const candidate = depth > blockDepth || choices.merge() < b.weight / weight ? b.candidate : a.candidate;
    const tree: Tree = { first: a.first, last: b.last, momentumSum, weight, candidate, stopped };
    return depth === blockDepth ? joined(tree) : tree;
  };
  /** Draws between a block and what the doubling has drawn so far. */
  const joined = (block: Tree): Tree => {
    const weight = drawn.weight + block.weight;
    drawn = { weight, candidate: choices.join() < block.weight / weight ? block.candidate : drawn.candidate };
    return block;
  };

  let [ends, direction] = [{ [-1]: start, 1: start } as Record<number, Point>, choices.direction > 0.5 ? 1 : -1];
  let [candidate, weight, momentumSum, depth] = [start, 1, p, 0];
  while (depth < maxTreeDepth && !turned && !diverged) {
    drawn = { weight: 0, candidate: start };
    const tree = build(depth, depth, ends[direction] as Point, direction, 0);
    const [u, next] = choices.close(depth);
    depth++;
    if (tree.stopped) break;
    if (u < tree.weight / weight) candidate = depth > blockDepth ? drawn.candidate : tree.candidate;
    weight += tree.weight;
    momentumSum = plus(momentumSum, tree.momentumSum);
    ends = { ...ends, [direction]: tree.last };
    turned = turns(ends[-1] as Point, ends[1] as Point, momentumSum);
    direction = next > 0.5 ? 1 : -1;
  }
  return {
    position: candidate.x,
    depth,
    leaves,
    acceptance: acceptance / leaves,
    energyError: hamiltonian(candidate) - h0,
    turned,
    diverged,
  };
}

/** The same uniform numbers that the kernel draws for one chain: those of the opening, and of each block. */
function sameChoices(stepKey: Key): Choices {
  const drawn = (k: Key, count: number): number[] => scoped(() => Array.from(readSync(uniform(k, [count, 1]))));
  let keys = 0;
  let now = drawn(split(fold(stepKey, keys++), 2)[1], 11);
  let last: readonly number[] = [];
  const direction = now.shift() as number;
  const take = (): number => now.shift() as number;
  return {
    direction,
    leaf: (index, depth) => {
      if (depth < blockDepth || index % 2 ** blockDepth !== 0) return;
      now = drawn(fold(stepKey, keys++), 10);
      last = now.splice(7);
    },
    merge: take,
    join: () => last[0] as number,
    close: (depth) => (depth >= blockDepth ? [last[1] as number, last[2] as number] : [take(), take()]),
  };
}

const [a, b, c] = [1, 0.95, 1];
const determinant = a * c - b * b;

/** A target for both. */
interface Pair {
  readonly name: string;
  readonly target: ContinuousEnergy;
  readonly plain: PlainTarget;
  readonly start: readonly number[];
  readonly stepSize: number;
  readonly inverseMass: readonly number[];
  readonly maxTreeDepth: number;
}

const column = (x: Tensor, i: number): Tensor =>
  reshape(slice(x, [0, i], [x.shape[0] as number, 1]), [x.shape[0] as number]);

const gaussian: Pick<Pair, 'target' | 'plain' | 'start'> = {
  target: {
    energy: (x) => {
      const [y, z] = [column(x, 0), column(x, 1)];
      const form = add(sub(mul(square(y), c), mul(mul(y, z), 2 * b)), mul(square(z), a));
      return mul(form, 0.5 / determinant);
    },
  },
  plain: {
    energy: ([y = 0, z = 0]) => (c * y * y - 2 * b * y * z + a * z * z) / (2 * determinant),
    gradient: ([y = 0, z = 0]) => [(c * y - b * z) / determinant, (a * z - b * y) / determinant],
  },
  start: [1.5, -0.5],
};

/** Neal's funnel: $`v \sim N(0, 3^2)`$, $`x_i \sim N(0, e^{v})`$. */
const funnel: Pick<Pair, 'target' | 'plain' | 'start'> = {
  target: {
    energy: (x) => {
      const v = column(x, 0);
      const rest = slice(x, [0, 1], [x.shape[0] as number, 3]);
      return add(mul(square(v), 1 / 18), add(mul(mul(sumEvent(square(rest)), exp(neg(v))), 0.5), mul(v, 1.5)));
    },
  },
  plain: {
    energy: ([v = 0, ...x]) => v ** 2 / 18 + 0.5 * x.reduce((s, y) => s + y * y, 0) * Math.exp(-v) + 1.5 * v,
    gradient: ([v = 0, ...x]) => [
      v / 9 - 0.5 * x.reduce((s, y) => s + y * y, 0) * Math.exp(-v) + 1.5,
      ...x.map((y) => y * Math.exp(-v)),
    ],
  },
  start: [0, 0.5, -0.5, 1],
};

const pairs: readonly Pair[] = [
  { name: 'a correlated Gaussian', ...gaussian, stepSize: 0.15, inverseMass: [1, 1], maxTreeDepth: 10 },
  { name: 'the same with masses', ...gaussian, stepSize: 0.2, inverseMass: [0.5, 3], maxTreeDepth: 10 },
  { name: 'the same, cut off', ...gaussian, stepSize: 0.03, inverseMass: [1, 1], maxTreeDepth: 4 },
  { name: "Neal's funnel", ...funnel, stepSize: 1.5, inverseMass: [1, 1, 1, 1], maxTreeDepth: 10 },
];

describe('NUTS equals plain recursion in float64, choice by choice', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });
  afterAll(async () => {
    await useBackend(reference());
  });

  test.each(pairs)('on $name', ({ target, plain, start, stepSize, inverseMass, maxTreeDepth }) => {
    const metric = diagonalMetric<Tensor>(inverseMass);
    const kernel = nuts(target, { stepSize, metric, maxTreeDepth });
    let state = kernel.init(tensor([[...start]]), key(0));
    const seen = { depths: new Set<number>(), turned: 0, diverged: 0, truncated: 0 };
    for (let i = 0; i < 80; i++) {
      const stepKey = fold(key(7), i);
      const momentum = scoped(() => Array.from(readSync(metric.draw(split(fold(stepKey, 0), 2)[0], state.position))));
      const expected = plainNuts(
        plain,
        { stepSize, inverseMass, maxTreeDepth },
        Array.from(readSync(state.position)),
        momentum,
        sameChoices(stepKey),
      );
      const { state: next, info } = kernel.step(stepKey, state);
      const numberOf = (x: Tensor): number => Number(readSync(x)[0]);
      expect(numberOf(info.treeDepth)).toBe(expected.depth);
      expect(numberOf(info.integrationSteps)).toBe(expected.leaves);
      expect(Boolean(numberOf(info.turned))).toBe(expected.turned);
      expect(Boolean(numberOf(info.diverged))).toBe(expected.diverged);
      expect(numberOf(info.acceptanceProbability)).toBeCloseTo(expected.acceptance, 9);
      expect(numberOf(info.energyError)).toBeCloseTo(expected.energyError, 7);
      readSync(next.position).forEach((value, at) => {
        expect(value).toBeCloseTo(expected.position[at] as number, 7);
      });
      state = next;
      seen.depths.add(expected.depth);
      if (expected.turned) seen.turned++;
      if (expected.diverged) seen.diverged++;
      if (numberOf(info.truncated)) seen.truncated++;
    }
    expect(seen.depths.size).toBeGreaterThan(maxTreeDepth === 4 ? 0 : 2);
    expect(seen.truncated > 0).toBe(maxTreeDepth === 4);
    expect(seen.diverged > 0).toBe(start.length === 4);
    if (maxTreeDepth > 4) expect(seen.turned).toBeGreaterThan(20);
  });
});
