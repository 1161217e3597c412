import { fold, free, key, readSync, reference, retire, useBackend } from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBothBackends } from '../../fixtures/both-backends.js';
import { someKernel } from '../../fixtures/discrete-suite.js';
import {
  type PlainState,
  probabilitiesOf,
  statesTensor,
  type TinyTarget,
  threeSites,
  twoLetters,
} from '../../fixtures/tiny-discrete.js';
import { discreteLangevin } from './discrete-langevin.js';
import { discreteMetropolis } from './discrete-metropolis.js';
import { gibbsWithGradients } from './gibbs-with-gradients.js';
import { pathAuxiliary } from './path-auxiliary.js';
import { randomScanGibbs } from './single-site-gibbs.js';

/** One thing that a step may propose, with its probability and that of its acceptance. */
interface Proposed {
  readonly to: number;
  readonly probability: number;
  readonly acceptance: number;
}
type Proposals = (target: TinyTarget, from: number) => readonly Proposed[];

const targets = [threeSites('binary', 0.3), threeSites('spin', 0.05), twoLetters()];
const stateAt = ({ states }: TinyTarget, i: number): PlainState => states[i] as PlainState;
const add = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const differing = (a: PlainState, b: PlainState): readonly number[] => a.flatMap((v, i) => (v === b[i] ? [] : [i]));

/** The states that differ from one in a single site. */
function neighbours(target: TinyTarget, from: number): readonly number[] {
  const x = stateAt(target, from);
  return target.states.flatMap((y, to) => (differing(x, y).length === 1 ? [to] : []));
}

const weight = (target: TinyTarget, from: number, to: number): number =>
  Math.exp(-target.firstOrder(stateAt(target, from), stateAt(target, to)) / 2);

/** The locally informed probability of going from one state to a neighbour. */
function informed(target: TinyTarget, from: number, to: number): number {
  return weight(target, from, to) / add(neighbours(target, from).map((other) => weight(target, from, other)));
}

function energyRatio(target: TinyTarget, from: number, to: number): number {
  return Math.exp(target.energyOf(stateAt(target, from)) - target.energyOf(stateAt(target, to)));
}

/** Metropolis acceptance of a proposal distribution over states. */
function metropolis(q: (target: TinyTarget, from: number, to: number) => number): Proposals {
  return (target, from) =>
    target.states.map((_, to) => {
      const probability = q(target, from, to);
      const ratio = (energyRatio(target, from, to) * q(target, to, from)) / probability;
      return { to, probability, acceptance: probability === 0 ? 0 : Math.min(1, ratio) };
    });
}

const isNeighbour = (target: TinyTarget, from: number, to: number): boolean =>
  differing(stateAt(target, from), stateAt(target, to)).length === 1;

const alpha = 0.7;

/** The discrete Langevin proposal, site by site. */
function langevinProbability(target: TinyTarget, from: number, to: number, stepSize = alpha): number {
  const [x, y] = [stateAt(target, from), stateAt(target, to)];
  const values = [...new Set(target.states.map((z) => z[0] as number))];
  const odds = (i: number, v: number): number => {
    const moved = x.map((u, j) => (j === i ? v : u));
    const distance = v === x[i] ? 0 : target.space.squaredDistance;
    return Math.exp(-target.firstOrder(x, moved) / 2 - distance / (2 * stepSize));
  };
  return y.reduce((a, v, i) => (a * odds(i, v)) / add(values.map((u) => odds(i, u))), 1);
}

/** Every path of a length, with its probability and that of the way back. */
function paths(
  length: number,
  isFast: boolean,
): (target: TinyTarget, from: number) => readonly { to: number; there: number; back: number }[] {
  return (target, from) => {
    const grow = (path: readonly number[]): readonly (readonly number[])[] => {
      if (path.length > length) return [path];
      const changed = path
        .slice(1)
        .map((to, l) => differing(stateAt(target, path[l] as number), stateAt(target, to))[0]);
      return neighbours(target, path.at(-1) as number)
        .filter(
          (to) =>
            !isFast || !changed.includes(differing(stateAt(target, path.at(-1) as number), stateAt(target, to))[0]),
        )
        .flatMap((to) => grow([...path, to]));
    };
    const along = isFast ? fastProbability : slowProbability;
    return grow([from]).map((path) => ({
      to: path.at(-1) as number,
      there: along(target, path),
      back: along(target, path.toReversed()),
    }));
  };
}

function slowProbability(target: TinyTarget, path: readonly number[]): number {
  return path.slice(1).reduce((a, to, l) => a * informed(target, path[l] as number, to), 1);
}

/** The probability of different changes one after the other, all weighed at the start of the path. */
function fastProbability(target: TinyTarget, path: readonly number[]): number {
  const start = path[0] as number;
  const gone: number[] = [];
  return path.slice(1).reduce((a, to, l) => {
    const [before, after] = [stateAt(target, path[l] as number), stateAt(target, to)];
    const site = differing(before, after)[0] as number;
    const alone = target.states.findIndex((z) =>
      z.every((v, i) => v === (i === site ? after[i] : stateAt(target, start)[i])),
    );
    const left = neighbours(target, start).filter(
      (other) => !gone.includes(differing(stateAt(target, start), stateAt(target, other))[0] as number),
    );
    gone.push(site);
    return (a * weight(target, start, alone)) / add(left.map((other) => weight(target, start, other)));
  }, 1);
}

function pathProposals(lengths: readonly number[], isFast: boolean): Proposals {
  return (target, from) =>
    lengths.flatMap((length) =>
      paths(length, isFast)(target, from).map(({ to, there, back }) => ({
        to,
        probability: there / lengths.length,
        acceptance: Math.min(1, (energyRatio(target, from, to) * back) / there),
      })),
    );
}

const conditional: Proposals = (target, from) => {
  const x = stateAt(target, from);
  return x.flatMap((_, i) => {
    const values = target.states.flatMap((y, to) => (differing(x, y).every((j) => j === i) ? [to] : []));
    const total = add(values.map((to) => energyRatio(target, from, to)));
    return values.map((to) => ({ to, probability: energyRatio(target, from, to) / total / x.length, acceptance: 1 }));
  });
};

const cases = {
  gibbsWithGradients: {
    make: ({ energy, space }: TinyTarget) => someKernel(gibbsWithGradients(energy, { space })),
    proposals: metropolis((target, from, to) => (isNeighbour(target, from, to) ? informed(target, from, to) : 0)),
  },
  'discreteLangevin, adjusted': {
    make: ({ energy, space }: TinyTarget) => someKernel(discreteLangevin(energy, { space, stepSize: alpha })),
    proposals: metropolis((target, from, to) => langevinProbability(target, from, to)),
  },
  'pathAuxiliary with all gradients': {
    make: ({ energy, space }: TinyTarget) =>
      someKernel(pathAuxiliary(energy, { space, pathLength: [1, 2], fast: false })),
    proposals: pathProposals([1, 2], false),
  },
  'pathAuxiliary, fast': {
    make: ({ energy, space }: TinyTarget) => someKernel(pathAuxiliary(energy, { space, pathLength: [1, 2] })),
    proposals: pathProposals([1, 2], true),
  },
  randomScanGibbs: {
    make: ({ energy, space }: TinyTarget) => someKernel(randomScanGibbs(energy, { space })),
    proposals: conditional,
  },
  discreteMetropolis: {
    make: ({ energy, space }: TinyTarget) => someKernel(discreteMetropolis(energy, { space })),
    proposals: metropolis((target, from, to) =>
      isNeighbour(target, from, to) ? 1 / neighbours(target, from).length : 0,
    ),
  },
};

function matrixOf(target: TinyTarget, proposals: Proposals): readonly (readonly number[])[] {
  return target.states.map((_, from) => {
    const row = target.states.map(() => 0);
    for (const { to, probability, acceptance } of proposals(target, from)) {
      row[to] = (row[to] as number) + probability * acceptance;
      row[from] = (row[from] as number) + probability * (1 - acceptance);
    }
    return row;
  });
}

const grid = Object.entries(cases).flatMap(([name, each]) =>
  targets.map((target) => [name, target.name, target, each] as const),
);

describe('transition probabilities by plain numbers', () => {
  test.each(grid)('of %s on %s are in detailed balance with the target', (_, __, target, { proposals }) => {
    const matrix = matrixOf(target, proposals);
    const p = probabilitiesOf(target);
    matrix.forEach((row, x) => {
      expect(add(row)).toBeCloseTo(1, 12);
      row.forEach((forth, y) => {
        const back = (matrix[y] as readonly number[])[x] as number;
        expect(Math.abs((p[x] as number) * forth - (p[y] as number) * back)).toBeLessThan(1e-14);
      });
    });
  });
});

describe('steps from every state, in float64', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const copies = 1500;

  test.each(grid)('%s on %s moves with these probabilities and reports those of acceptance', (_, __, target, each) => {
    const kernel = each.make(target);
    const starts = target.states.flatMap((x) => Array.from({ length: copies }, () => x));
    const { state, info } = kernel.step(key(7), kernel.init(statesTensor(target, starts), key(0)));
    const [ends, accepted, reported] = [state.position, info.accepted, info.acceptanceProbability].map((x) =>
      readSync(x),
    );
    const matrix = matrixOf(target, each.proposals);
    const proposals = target.states.map((_x, from) => each.proposals(target, from));
    const sites = stateAt(target, 0).length;
    const numbers = new Map(target.states.map((x, i) => [x.join(), i]));
    const counts = target.states.map(() => target.states.map(() => 0));
    starts.forEach((x, n) => {
      const [from, to] = [
        numbers.get(x.join()) as number,
        numbers.get(Array.from((ends as Float64Array).slice(n * sites, (n + 1) * sites)).join()) as number,
      ];
      const row = counts[from] as number[];
      row[to] = (row[to] as number) + 1;
      if (!accepted?.[n]) return;
      const possible = (proposals[from] as readonly Proposed[]).filter((proposal) => proposal.to === to);
      const nearest = Math.min(...possible.map(({ acceptance }) => Math.abs(acceptance - (reported?.[n] as number))));
      if (nearest > 1e-9) expect(nearest, `acceptance of ${from} to ${to}`).toBeLessThan(1e-9);
    });
    matrix.forEach((row, from) => {
      row.forEach((p, to) => {
        const seen = ((counts[from] as number[])[to] as number) / copies;
        const error = Math.sqrt((p * (1 - p)) / copies);
        expect(Math.abs(seen - p), `${from} to ${to}: ${seen} for ${p}`).toBeLessThanOrEqual(5 * error + 1e-12);
      });
    });
  });
});

/** The distribution that a matrix of transitions leaves as it is. */
function stationaryOf(matrix: readonly (readonly number[])[]): readonly number[] {
  let p = matrix.map(() => 1 / matrix.length);
  // Squaring the matrix doubles the steps that it makes, so that slow chains arrive as well.
  let power = matrix;
  for (let i = 0; i < 60; i++) {
    const last = power;
    power = last.map((row) =>
      last.map((_, y) => add(row.map((v, z) => v * ((last[z] as readonly number[])[y] as number)))),
    );
    power = power.map((row) => row.map((v) => v / add(row)));
  }
  p = p.map((_, y) => add(p.map((v, x) => v * ((power[x] as readonly number[])[y] as number))));
  return p;
}

function unadjusted(target: TinyTarget, stepSize: number): readonly number[] {
  return stationaryOf(
    target.states.map((_, from) => target.states.map((__, to) => langevinProbability(target, from, to, stepSize))),
  );
}

const distance = (p: readonly number[], q: readonly number[]): number =>
  add(p.map((v, i) => Math.abs(v - (q[i] as number)))) / 2;

describe('the bias of the unadjusted discrete Langevin sampler, by its transition matrix', () => {
  test.each([threeSites('binary', 0), threeSites('spin', 0)].map((target) => [target.name, target] as const))(
    'falls as exp(-d^2 / 2 alpha) for a quadratic energy: %s',
    (_, target) => {
      const p = probabilitiesOf(target);
      const rates = [0.1, 0.08, 0.06].map((unit) => {
        const stepSize = unit * target.space.squaredDistance;
        return distance(unadjusted(target, stepSize), p) / Math.exp(-target.space.squaredDistance / (2 * stepSize));
      });
      expect(rates[0]).toBeGreaterThan(0.01);
      expect(Math.abs((rates[1] as number) / (rates[0] as number) - 1)).toBeLessThan(0.02);
      expect(Math.abs((rates[2] as number) / (rates[1] as number) - 1)).toBeLessThan(0.005);
    },
  );

  test('stays for an energy that is not quadratic', () => {
    const cubic = threeSites('binary', 0.3);
    const [coarse, fine] = [0.08, 0.05].map((stepSize) =>
      distance(unadjusted(cubic, stepSize), probabilitiesOf(cubic)),
    );
    expect(fine).toBeGreaterThan(0.01);
    expect(Math.abs((coarse as number) / (fine as number) - 1)).toBeLessThan(0.05);
  });
});

onBothBackends('the bias of the unadjusted discrete Langevin sampler', () => {
  test.each([2, 0.8, 0.4])('is that of its transition matrix at step size %d', (stepSize) => {
    const target = threeSites('binary', 0);
    const chains = 20_000;
    const kernel = discreteLangevin(target.energy, { space: target.space, stepSize, adjusted: false });
    const start = statesTensor(
      target,
      Array.from({ length: chains }, () => stateAt(target, 0)),
    );
    let state = kernel.init(start, key(0));
    for (let i = 0; i < 80; i++) {
      const next = kernel.step(fold(key(11), i), state);
      free(next.info);
      retire(state, [next.state, start]);
      state = next.state;
    }
    const [ends, counts] = [readSync(state.position), target.states.map(() => 0)];
    for (let n = 0; n < chains; n++) {
      const code = [0, 1, 2].reduce((a, i) => a + (ends[3 * n + i] as number) * 2 ** i, 0);
      counts[code] = (counts[code] as number) + 1;
    }
    const [expected, exact] = [unadjusted(target, stepSize), probabilitiesOf(target)];
    expected.forEach((p, i) => {
      const error = Math.sqrt((p * (1 - p)) / chains);
      expect(Math.abs((counts[i] as number) / chains - p)).toBeLessThan(5 * error);
    });
    if (stepSize >= 0.8) expect(distance(expected, exact)).toBeGreaterThan(0.01);
  });
});
