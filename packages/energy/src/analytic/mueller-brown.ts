import { add, exp, mul, slice, square, stack, sub, sum, type Tensor, tensor } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedPositive } from './arguments.js';
import { checkStates } from './event.js';
import type { ExactEnergy } from './exact-energy.js';
import { integrate, lineNodes, planeNodes } from './quadrature.js';
import { evenEdges, type Interval, type Staircase, staircaseRejection } from './rejection.js';

/** Which Müller-Brown surface. */
export interface MuellerBrownOptions {
  /** The inverse temperature $`\beta`$ that the potential is multiplied with; 0.1 unless given, where the highest barrier is 10.7 nats. */
  readonly beta?: number;
}

/** One term $`A e^{a (x - x_0)^2 + b (x - x_0)(y - y_0) + c (y - y_0)^2}`$ of the potential. */
interface Term {
  readonly height: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly x: number;
  readonly y: number;
}

const terms: readonly Term[] = [
  { height: -200, a: -1, b: 0, c: -10, x: 1, y: 0 },
  { height: -100, a: -1, b: 0, c: -10, x: 0, y: 0.5 },
  { height: -170, a: -6.5, b: 11, c: -6.5, x: -0.5, y: 1.5 },
  { height: 15, a: 0.7, b: 0.6, c: 0.7, x: -1, y: 1 },
];

/** Below the lowest value of the potential, -146.7. */
const lowest = -147;

/** Below the sum of the three wells everywhere. */
const deepest = -470;

/**
 * The Müller-Brown potential of reaction dynamics at an inverse temperature, $`E(x) = \beta V(x)`$ with
 *
 * ```math
 * V(x, y) = \sum_{k=1}^4 A_k \exp \left( a_k (x - x_k)^2 + b_k (x - x_k)(y - y_k) + c_k (y - y_k)^2 \right)
 * ```
 *
 * Three wells, of depth −146.7 at (−0.558, 1.442), −108.2 at (0.623, 0.028) and −80.8 at (−0.050, 0.467), joined by a winding path over
 * saddles of −40.7 and −72.2. Its last term confines it, so that it is a distribution over the whole plane. Normaliser and
 * moments come from quadrature in the plane at construction (relative error below 1e-11); draws are
 * exact, by rejection. More than about 10 from the wells the energy exceeds the range of float32 and is Infinity.
 *
 * @param options - The inverse temperature.
 * @returns The energy over float32 states `[n, 2]`, with what is known of it. `draw` cannot run inside `jit`.
 * @throws EbmError when `beta` is not positive.
 *
 * @example
 * ```ts
 * const reaction = muellerBrown({ beta: 0.05 });
 * ```
 *
 * @see Müller and Brown, "Location of saddle points and minimum energy paths by a constrained simplex optimization procedure", 1979,
 * https://doi.org/10.1007/BF00547608
 */
export function muellerBrown(options: MuellerBrownOptions = {}): ExactEnergy {
  const beta = checkedPositive('muellerBrown', 'beta', options.beta ?? 0.1);
  const known = measured(beta);
  const eventShape = [2];
  const column = (name: keyof Term, factor = 1): Tensor => tensor(terms.map((term) => factor * term[name]));
  /** Distances from the centres, and what each term adds to the energy, each `[n, 4]`. */
  const parts = (where: string, x: Tensor) => {
    checkStates(where, x, eventShape);
    const dx = sub(slice(x, [0, 0], [-1, 1]), column('x'));
    const dy = sub(slice(x, [0, 1], [-1, 1]), column('y'));
    const exponent = add(mul(dx, add(mul(dx, column('a')), mul(dy, column('b')))), mul(square(dy), column('c')));
    return { dx, dy, values: mul(exp(exponent), column('height', beta)) };
  };
  return {
    energy: (x) => scopedTree(() => sum(parts('muellerBrown.energy', x).values, 1)),
    gradient: (x) =>
      scopedTree(() => {
        const { dx, dy, values } = parts('muellerBrown.gradient', x);
        const along = mul(values, add(mul(dx, column('a', 2)), mul(dy, column('b'))));
        const across = mul(values, add(mul(dx, column('b')), mul(dy, column('c', 2))));
        return stack([sum(along, 1), sum(across, 1)], 1);
      }),
    support: 'continuous',
    logZ: known.logZ,
    mean: known.mean,
    covariance: known.covariance,
    eventShape,
    draw: (key, count) => tensor(known.draw(key, count), [count, 2]),
  };
}

/** Normaliser, moments and draws. */
function measured(beta: number) {
  const energy = (x: number, y: number): number =>
    beta * terms.reduce((total, term) => total + term.height * Math.exp(exponent(term, x - term.x, y - term.y)), 0);
  const floor = (x: Interval, y: Interval): number =>
    beta * terms.reduce((total, term) => total + leastOf(term, x, y), 0);
  // No second derivative of the potential exceeds 4000 in the wells, and the wall is no steeper than this either.
  const width = 1 / Math.sqrt(4000 * beta + 1000);
  const [across, along] = tightened(confinement(beta), floor, beta * lowest + 50);
  const nodes = planeNodes(lineNodes(...across, 0.75 * width), lineNodes(...along, 0.75 * width));
  const edges = [evenEdges(...across, 256), evenEdges(...along, 256)];
  return { ...integrate(energy, nodes), draw: staircaseRejection('muellerBrown', energy, { edges, floor }) };
}

type Box = readonly [x: Interval, y: Interval];

/** A box around the confining term's centre outside which the energy is more than 50 nats above its minimum. */
function confinement(beta: number): Box {
  // The confining exponent is at least 0.4 times the squared distance.
  const half = Math.sqrt(Math.log((50 / beta + lowest - deepest) / 15) / 0.4);
  return [
    [-1 - half, -1 + half],
    [1 - half, 1 + half],
  ];
}

/** The smallest box found that holds all states of an energy below `most`: cells that are surely above it are cut off, and again. */
function tightened(box: Box, floor: Staircase['floor'], most: number): Box {
  let [x, y] = box;
  for (let round = 0; round < 6; round++) {
    const [across, along] = [cellsOf(x), cellsOf(y)];
    const columns = across.filter((column) => along.some((row) => floor(column, row) < most));
    const rows = along.filter((row) => columns.some((column) => floor(column, row) < most));
    x = [columns[0]?.[0] ?? x[0], columns.at(-1)?.[1] ?? x[1]];
    y = [rows[0]?.[0] ?? y[0], rows.at(-1)?.[1] ?? y[1]];
  }
  return [x, y];
}

function cellsOf([low, high]: Interval): readonly Interval[] {
  const edges = evenEdges(low, high, 64);
  return Array.from({ length: 64 }, (_, i): Interval => [edges[i] as number, edges[i + 1] as number]);
}

function exponent({ a, b, c }: Pick<Term, 'a' | 'b' | 'c'>, dx: number, dy: number): number {
  return a * dx * dx + b * dx * dy + c * dy * dy;
}

/** A lower bound of one term on a cell: the exponent's value in the middle, and the most that it can differ from it. */
function leastOf(term: Term, x: Interval, y: Interval): number {
  const [hx, hy] = [(x[1] - x[0]) / 2, (y[1] - y[0]) / 2];
  const [dx, dy] = [(x[0] + x[1]) / 2 - term.x, (y[0] + y[1]) / 2 - term.y];
  const { a, b, c, height } = term;
  const slope = Math.abs(2 * a * dx + b * dy) * hx + Math.abs(b * dx + 2 * c * dy) * hy;
  const bend = Math.abs(a) * hx * hx + Math.abs(b) * hx * hy + Math.abs(c) * hy * hy;
  return height * Math.exp(exponent(term, dx, dy) - Math.sign(height) * (slope + bend));
}
