import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BlockConditional, clamp, clampBlock, gaussian, type StochasticEnergy } from '@ebmkit/energy';
import {
  add,
  bernoulli,
  div,
  fold,
  full,
  type Key,
  key,
  matMul,
  mod,
  mul,
  normal,
  readSync,
  sigmoid,
  square,
  sum,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
  uniform,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { discreteTargets } from '@ebmkit/test-kit';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { onTarget } from '../../fixtures/discrete-suite.js';
import * as samplers from '../index.js';
import {
  adjustedMclmc,
  alternatingGibbs,
  anneal,
  annealedLangevin,
  barker,
  diagonalRiemannianMetric,
  discreteLangevin,
  discreteMetropolis,
  ellipticalSlice,
  generalisedHmc,
  gibbs,
  gibbsWithGradients,
  hitAndRunSlice,
  hmc,
  independenceMetropolis,
  type Kernel,
  langevin,
  mala,
  mclmc,
  mix,
  nuts,
  parallelTempering,
  pathAuxiliary,
  randomBlockGibbs,
  randomScanGibbs,
  randomWalkMetropolis,
  repeat,
  replayBuffer,
  rmhmc,
  scheduled,
  sghmc,
  sgld,
  sgnht,
  svgd,
  systematicScanGibbs,
  temperingPath,
  underdampedLangevin,
} from '../index.js';

await useBackend(wasm({ threads: 1 }));

const chains = 12;
const steps = 20;

/** Which entries of one state are fixed, and at what; undefined where an entry is free. */
type Held = readonly (number | undefined)[];

/** Throws unless 20 steps leave what is held as it is, bit for bit, and move every other entry of some chain. */
function expectHeld<P extends Tree, S extends { readonly position: P }, I>(
  kernel: Kernel<P, S, I>,
  start: P,
  held: readonly Held[],
): void {
  const before = tensorsOf(start).map((x) => readSync(x));
  const moved = held.map((entries) => entries.map((value) => value !== undefined));
  let state = kernel.init(start, key(0));
  for (let i = 0; i <= steps; i++) {
    tensorsOf(state.position).forEach((x, t) => {
      const entries = held[t] as Held;
      readSync(x).forEach((v, at) => {
        const value = entries[at % entries.length];
        if (value === undefined) {
          if (v !== before[t]?.[at]) (moved[t] as boolean[])[at % entries.length] = true;
        } else if (!Object.is(v, Math.fround(value))) expect(v, `entry ${at} after ${i} steps`).toBe(value);
      });
    });
    if (i < steps) state = kernel.step(fold(key(1), i), state).state;
  }
  expect(moved).toEqual(held.map((entries) => entries.map(() => true)));
  kernel.clear?.();
}

/** A Gaussian of four coordinates that pull at each other, of which two are fixed at numbers that float32 only rounds to. */
const bowl = gaussian({
  mean: [0.5, -1, 0, 2],
  covariance: [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0.4))),
});
const realHeld: Held = [undefined, 0.1, undefined, -1 / 3];
const target = clamp(bowl, tensor([false, true, false, true]), tensor([0, 0.1, 0, -1 / 3]));
const expectReal = <S extends { readonly position: Tensor }, I>(kernel: Kernel<Tensor, S, I>): void =>
  expectHeld(kernel, zeros([chains, 4]), [realHeld]);

/** The same, estimated with noise. */
const noisy: StochasticEnergy = {
  estimate: (k: Key, x: Tensor) => add(target.energy(x), sum(mul(target.constrain(x), uniform(k, x.shape)), 1)),
  constrain: target.constrain,
};

/** A Potts model of five sites, of which two are fixed. */
const letters = onTarget(discreteTargets.categories);
const discreteHeld: Held = [undefined, 2, undefined, undefined, 1];
const discrete = clamp(
  letters.energy,
  tensor([false, true, false, false, true]),
  tensor(new Int32Array([0, 2, 0, 0, 1])),
);
const { space } = letters;
const expectDiscrete = <S extends { readonly position: Tensor }, I>(kernel: Kernel<Tensor, S, I>): void =>
  expectHeld(kernel, zeros([chains, 5], 'int32'), [discreteHeld]);

/** Two blocks of three and two bits, of whose first one bit is fixed. */
const weights = [
  [0.5, -0.7],
  [1, 0.4],
  [-0.3, 0.8],
];
const machine: BlockConditional<'visible' | 'hidden'> = {
  blocks: ['visible', 'hidden'],
  sampleBlock: (k, name, { visible, hidden }) =>
    name === 'hidden'
      ? bernoulli(k, sigmoid(matMul(visible as Tensor, tensor(weights))))
      : bernoulli(k, sigmoid(matMul(hidden as Tensor, tensor(weights), { transposeB: true }))),
};
const blocks = clampBlock(machine, 'visible', tensor([false, true, false]), full([], 1, 'bool'));
const [visibleHeld, hiddenHeld]: readonly Held[] = [
  [undefined, 1, undefined],
  [undefined, undefined],
];
const visible = (): Tensor => full([chains, 3], 1, 'bool');
const expectBlocks = <S extends { readonly position: Readonly<Record<'visible' | 'hidden', Tensor>> }, I>(
  kernel: Kernel<Readonly<Record<'visible' | 'hidden', Tensor>>, S, I>,
): void =>
  expectHeld(kernel, { visible: visible(), hidden: full([chains, 2], 1, 'bool') }, [
    visibleHeld as Held,
    hiddenHeld as Held,
  ]);

const stepSize = 0.3;
const metric = diagonalRiemannianMetric((x: Tensor) => add(square(x), 1));
/** Draws that hold what is fixed: others are refused. */
const proposal = { energy: bowl.energy, draw: (k: Key, count: number) => target.constrain(bowl.draw(k, count)) };

/** Every kernel of the package on an energy part of which is fixed. */
const table: Readonly<Record<string, () => void>> = {
  adjustedMclmc: () => expectReal(adjustedMclmc(target, { stepSize, integrationSteps: 3 })),
  annealedLangevin: () =>
    expectReal(annealedLangevin(() => target, { sigmas: [2, 1], stepsPerLevel: 10, stepSize: 0.1 })),
  barker: () => expectReal(barker(target, { stepSize })),
  ellipticalSlice: () => {
    const prior = gaussian({ mean: [0, 0, 0, 0] });
    expect(() => ellipticalSlice(target, { prior })).toThrow(/expected a likelihood that holds nothing fixed/);
  },
  generalisedHmc: () => expectReal(generalisedHmc(target, { stepSize, persistence: 0.8 })),
  hitAndRunSlice: () => expectReal(hitAndRunSlice(target, { width: 2 })),
  hmc: () => expectReal(hmc(target, { stepSize, leapfrogSteps: 3 })),
  independenceMetropolis: () => expectReal(independenceMetropolis(target, { proposal })),
  langevin: () => expectReal(langevin(target, { stepSize })),
  mala: () => expectReal(mala(target, { stepSize })),
  mclmc: () => expectReal(mclmc(target, { stepSize, decoherenceLength: 2 })),
  nuts: () => expectReal(nuts(target, { stepSize })),
  randomWalkMetropolis: () => expectReal(randomWalkMetropolis(target, { stepSize })),
  rmhmc: () => expectReal(rmhmc(target, { stepSize, leapfrogSteps: 2, metric })),
  svgd: () => expectReal(svgd(target, { stepSize })),
  underdampedLangevin: () => expectReal(underdampedLangevin(target, { stepSize, friction: 1 })),

  sghmc: () => expectReal(sghmc(noisy, { stepSize, friction: 1 })),
  sgld: () => expectReal(sgld(noisy, { stepSize: 0.1 })),
  sgnht: () => expectReal(sgnht(noisy, { stepSize, diffusion: 1 })),

  discreteLangevin: () => {
    expectDiscrete(discreteLangevin(discrete, { space, stepSize: 1 }));
    expectDiscrete(discreteLangevin(discrete, { space, stepSize: 1, adjusted: false }));
  },
  discreteMetropolis: () => {
    expectDiscrete(discreteMetropolis(discrete, { space }));
    // A proposal that moves every site by one is refused unless it leaves what is fixed.
    const turn = (_: Key, x: Tensor) => ({ position: discrete.constrain(mod(add(x, 1), 3)) });
    expectDiscrete(discreteMetropolis(discrete, { space, propose: turn }));
    const loose = discreteMetropolis(discrete, { space, propose: (_, x) => ({ position: mod(add(x, 1), 3) }) });
    expect(() => expectDiscrete(loose)).toThrow(/expected \[ \[ false, true, false/);
  },
  gibbsWithGradients: () => expectDiscrete(gibbsWithGradients(discrete, { space })),
  pathAuxiliary: () => {
    expectDiscrete(pathAuxiliary(discrete, { space, pathLength: [1, 3] }));
    expectDiscrete(pathAuxiliary(discrete, { space, pathLength: [1, 3], fast: false }));
  },
  randomScanGibbs: () => {
    expectDiscrete(randomScanGibbs(discrete, { space }));
    expectDiscrete(randomScanGibbs(discrete, { space, sites: 4, distinct: true }));
  },
  systematicScanGibbs: () => expectDiscrete(systematicScanGibbs(discrete, { space })),

  alternatingGibbs: () => expectHeld(alternatingGibbs(blocks, 'visible'), visible(), [visibleHeld as Held]),
  gibbs: () => expectBlocks(gibbs(blocks)),
  randomBlockGibbs: () => expectBlocks(randomBlockGibbs(blocks)),

  anneal: () =>
    expectReal(
      anneal(
        (step) => div(1, add(step, 3)),
        (size) => mala(target, { stepSize: size }),
      ),
    ),
  mix: () => expectReal(mix([mala(target, { stepSize }), hmc(target, { stepSize, leapfrogSteps: 2 })])),
  parallelTempering: () => {
    const path = temperingPath(target, (e, beta) => mala(e, { stepSize: div(stepSize, beta) }));
    expectReal(parallelTempering({ path, betas: [0.3, 1] }));
    const letterPath = temperingPath(discrete, (e) => randomScanGibbs(e, { space }));
    expectDiscrete(parallelTempering({ path: letterPath, betas: [0.3, 1] }));
  },
  repeat: () => expectReal(repeat(mala(target, { stepSize }), 3)),
  replayBuffer: () => {
    const draw = (k: Key, count: number) => normal(k, [count, 4]);
    expectReal(replayBuffer(langevin(target, { stepSize }), { capacity: 30, reinitialise: 0.2, draw }));
  },
  scheduled: () =>
    expectReal(scheduled({ size: (step) => div(1, add(step, 3)) }, ({ size }) => mala(target, { stepSize: size }))),
};

/** The exported functions whose declared result is a kernel. */
function exportedKernels(): readonly string[] {
  const root = join(import.meta.dirname, '..');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  const made = files.flatMap((name) => {
    const { statements } = ts.createSourceFile(
      name,
      readFileSync(join(root, name), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    return statements.flatMap((statement) =>
      ts.isFunctionDeclaration(statement) && /^\w*Kernel</.test(statement.type?.getText() ?? '')
        ? [statement.name?.text ?? '']
        : [],
    );
  });
  const makesNone = ['defineKernel'];
  return Object.keys(samplers).filter((name) => made.includes(name) && !makesNone.includes(name));
}

describe('what is clamped stays, bit for bit, and the rest moves', () => {
  test.each(Object.entries(table))('%s', (_, holds) => {
    holds();
  });

  test('under every kernel that the package has', () => {
    expect(Object.keys(table).sort()).toEqual([...exportedKernels()].sort());
  });
});
