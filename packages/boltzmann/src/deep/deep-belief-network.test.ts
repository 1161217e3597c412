import {
  add,
  full,
  jit,
  key,
  matMul,
  memory,
  readSync,
  reference,
  scoped,
  sigmoid,
  type Tensor,
  tensor,
  tensorsOf,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  beliefTensors,
  logGenerated,
  logRecognised,
  logTop,
  type SmallLayer,
  smallBeliefNetwork,
} from '../../fixtures/small-belief-network.js';
import { type Layers, layersOf, layerTensors } from '../../fixtures/small-deep-machine.js';
import { bits, jointTable, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { beliefFantasies, bernoulli, deepBeliefNetwork, exactLogZ, recognitionBound } from '../index.js';

// Three hidden layers: two directed ones below a machine of 2-3 units.
const sizes = [4, 3, 2, 3];
const network = deepBeliefNetwork({ layers: [bernoulli(4), bernoulli(3), bernoulli(2), bernoulli(3)] });
const plain = smallBeliefNetwork(1, sizes);
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** All states of the visible layer and hidden layers 1 and 2. */
const states: readonly Layers[] = Array.from({ length: 2 ** 9 }, (_, i) => layersOf(i, sizes.slice(0, 3)));
const logTerms = states.map((layers) => {
  const [v, h1, h2] = layers as [number[], number[], number[]];
  const [up1, up2] = plain.recognition as [SmallLayer, SmallLayer];
  const [down1, down2] = plain.generation as [SmallLayer, SmallLayer];
  const up = logRecognised(up1, v, h1) + logRecognised(up2, h1, h2);
  return { up, joint: logGenerated(down1, v, h1) + logGenerated(down2, h1, h2) + logTop(plain.top, h2) };
});
const logZ = Math.log(total([0, 1, 2, 3].map((h) => Math.exp(logTop(plain.top, bits(h, 2))))));
/** Sums over the hidden states of every visible state. */
const perVisible = (f: (terms: (typeof logTerms)[0]) => number): number[] =>
  Array.from({ length: 16 }, (_, v) => total(logTerms.flatMap((terms, i) => (i % 16 === v ? [f(terms)] : []))));
const logP = perVisible(({ joint }) => Math.exp(joint - logZ)).map(Math.log);
const bounds = perVisible(({ up, joint }) => Math.exp(up) * (joint - up - logZ));

const backends = [
  { name: 'reference', make: () => reference({ precision: 'float64' }), tolerance: 1e-10 },
  { name: 'wasm', make: () => wasm({ threads: 1 }), tolerance: 2e-5 },
  { name: 'tfjs wasm', make: () => tfjs('wasm'), tolerance: 2e-5 },
];

for (const { name, make, tolerance } of backends)
  onEach('a 4-3-2-3 network', [{ name, make }], () => {
    it('weighs states by its definition: log p(v, h) less log q(h | v)', () => {
      const found = readSync(network.logWeight(beliefTensors(plain), layerTensors(states)));
      logTerms.forEach(({ up, joint }, i) => {
        expect(Math.abs((found[i] as number) - joint + up)).toBeLessThan(tolerance);
      });
    });

    it('draws upwards by q', () => {
      const visible = tensor(
        Array.from({ length: 6000 }, () => bits(5, 4)),
        undefined,
        'bool',
      );
      const drawn = network.recognise(key(3), beliefTensors(plain), visible);
      const [h1, h2] = [readSync(drawn.hidden1 as Tensor), readSync(drawn.hidden2 as Tensor)];
      expect(drawn.visible).toBe(visible);
      states.forEach((layers, i) => {
        if (i % 16 !== 5) return;
        const share = Math.exp((logTerms[i] as (typeof logTerms)[0]).up);
        let hits = 0;
        for (let n = 0; n < 6000; n++) {
          const isSame =
            layers[1]?.every((x, j) => x === Number(h1[3 * n + j])) &&
            layers[2]?.every((x, j) => x === Number(h2[2 * n + j]));
          hits += isSame ? 1 : 0;
        }
        expect(Math.abs(hits / 6000 - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 6000) + 1e-9);
      });
    });

    it('draws the same compiled, to the bit', () => {
      const params = beliefTensors(plain);
      const visible = tensor([bits(5, 4), bits(9, 4)], undefined, 'bool');
      const draw = jit((q: typeof params, v: Tensor) => network.logWeight(q, network.recognise(key(1), q, v)));
      expect(readSync(draw(params, visible))).toEqual(
        readSync(network.logWeight(params, network.recognise(key(1), params, visible))),
      );
      draw.clear();
    });
  });

describe('the bound', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('is below log p(v), which sums over all states', () => {
    expect(total(logP.map(Math.exp))).toBeCloseTo(1, 12);
    bounds.forEach((bound, v) => {
      expect(bound).toBeLessThan(logP[v] as number);
    });
  });

  it('is what draws average to, within 5 of its errors, and leaves nothing behind', async () => {
    const params = beliefTensors(plain);
    const data = Uint8Array.from({ length: 64 }, (_, i) => bits(i >> 2, 4)[i & 3] as number);
    const known = await exactLogZ(network.top, params.top);
    expect(known).toBeCloseTo(logZ, 10);
    const before = memory().tensors;
    const found = await recognitionBound(network, params, data, known, { key: key(5), samples: 300, batchSize: 7 });
    expect(memory().tensors).toBe(before);
    const variance = perVisible(({ up, joint }) => Math.exp(up) * (joint - up - logZ) ** 2).map(
      (x, v) => x - (bounds[v] as number) ** 2,
    );
    expect(Math.abs(found.mean - total(bounds) / 16)).toBeLessThan((5 * Math.sqrt(total(variance) / 300)) / 16);
    expect(found.mean).toBeLessThan(total(logP) / 16);
    const wide = await recognitionBound(
      network,
      params,
      data,
      { logZ, standardError: 3, lower: 0, upper: 9 },
      { key: key(5), samples: 300, batchSize: 7 },
    );
    expect(wide.standardError).toBeCloseTo(Math.hypot(found.standardError, 3), 8);
    expect([wide.lower, wide.upper]).toEqual([
      expect.closeTo(found.mean + logZ - 9, 8),
      expect.closeTo(found.mean + logZ, 8),
    ]);
  });

  it('is log p(v) at every draw where the second machine is the first upside down', async () => {
    const mirror = deepBeliefNetwork({ layers: [bernoulli(4), bernoulli(3), bernoulli(4)] });
    const first = smallMachine(3, 4, 3);
    const flipped = {
      weight: Array.from({ length: 3 }, (_, j) => first.weight.map((row) => row[j] as number)),
      visibleBias: first.hiddenBias,
      hiddenBias: first.visibleBias,
    };
    const params = mirror.greedy.compose([tensorsFor(first), tensorsFor(flipped)]);
    const { logZ: logZFirst, p } = jointTable(first);
    const all = Array.from({ length: 128 }, (_, i) => layersOf(i, [4, 3]));
    const weights = readSync(mirror.logWeight(params, layerTensors(all)));
    all.forEach((_, i) => {
      expect((weights[i] as number) - logZFirst).toBeCloseTo(Math.log(total(p[i % 16] as number[])), 10);
    });
    const data = Uint8Array.from([...bits(3, 4), ...bits(12, 4)]);
    const { mean } = await recognitionBound(mirror, params, data, await exactLogZ(mirror.top, params.top), {
      key: key(1),
      samples: 1,
    });
    expect(mean).toBeCloseTo((Math.log(total(p[3] as number[])) + Math.log(total(p[12] as number[]))) / 2, 10);
  });
});

describe('generation and features', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('dreams of visible states with their probabilities', async () => {
    const params = beliefTensors(plain);
    const before = memory().tensors;
    const chains = 4000;
    const { states: drawn, means, shape } = await beliefFantasies(network, params, { chains, steps: 20, key: key(2) });
    expect(memory().tensors).toBe(before);
    expect(shape).toEqual([chains, 4]);
    const counts = new Array<number>(16).fill(0);
    for (let n = 0; n < chains; n++) {
      const code = total([0, 1, 2, 3].map((i) => 2 ** i * (drawn[4 * n + i] as number)));
      counts[code] = (counts[code] as number) + 1;
    }
    logP.forEach((x, v) => {
      const share = Math.exp(x);
      expect(Math.abs((counts[v] as number) / chains - share)).toBeLessThan(
        5 * Math.sqrt((share * (1 - share)) / chains),
      );
    });
    const gap = total(Array.from(means, (m, i) => m - (drawn[i] as number))) / chains / 4;
    expect(Math.abs(gap)).toBeLessThan(5 * Math.sqrt(0.25 / chains / 4));
  });

  it('says how many chains met numbers that are not finite, at the top or on the way down', async () => {
    const options = { chains: 3, steps: 2, key: key(2) };
    const sound = beliefTensors(plain);
    const fine = await beliefFantasies(network, sound, options);
    expect([fine.diverged, fine.means.some(Number.isNaN)]).toEqual([0, false]);
    const nan = (x: Tensor): Tensor => full(x.shape, Number.NaN);
    const atTop = { ...sound, top: { ...sound.top, hiddenBias: nan(sound.top.hiddenBias) } };
    const [first, ...rest] = sound.generation;
    const below = {
      ...sound,
      generation: [first, ...rest.map(({ weight, bias }) => ({ weight, bias: nan(bias) }))] as const,
    };
    for (const params of [atTop, below]) {
      const { diverged, means } = await beliefFantasies(network, params, options);
      expect(diverged).toBe(3);
      expect(means.every(Number.isNaN)).toBe(true);
    }
  });

  it('tells of an abort, and of wrong options, under its own name', async () => {
    const params = beliefTensors(plain);
    const signal = AbortSignal.abort('enough');
    await expect(beliefFantasies(network, params, { chains: 3, steps: 9, key: key(2), signal })).rejects.toMatchObject({
      code: 'aborted',
      message: 'beliefFantasies: aborted after 0 of 9 steps.',
      cause: 'enough',
    });
    await expect(beliefFantasies(network, params, { steps: 9, key: key(2) })).rejects.toThrow(
      'beliefFantasies: expected chains or start',
    );
  });

  it('gives features that dense layers with sigmoids compute', () => {
    const params = beliefTensors(plain);
    const visible = tensor([bits(5, 4), bits(14, 4)]);
    const layers = network.denseLayers(params);
    expect(layers.map(({ weight, bias }) => [weight.shape, bias.shape])).toEqual([
      [[4, 3], [3]],
      [[3, 2], [2]],
      [[2, 3], [3]],
    ]);
    let x: Tensor = visible;
    for (const { weight, bias } of layers) x = sigmoid(add(matMul(x, weight), bias));
    const features = readSync(network.transform(params, visible));
    readSync(x).forEach((value, i) => {
      expect(features[i]).toBeCloseTo(value, 12);
    });
    expect(layers[0]?.weight).toBe(params.recognition[0]?.weight);
  });

  it('begins as a stack of machines, with weights of its own each way', () => {
    const before = memory().tensors;
    const params = network.init(key(1), { visibleMeans: [0.5, 0.25, 0.75, 0.5] });
    expect(memory().tensors - before).toBe(11);
    expect(params.generation[0].weight).not.toBe(params.recognition[0]?.weight);
    expect(readSync(params.generation[0].weight)).toEqual(readSync(params.recognition[0]?.weight as Tensor));
    expect(readSync(params.generation[0].bias)[1]).toBeCloseTo(-Math.log(3), 6);
    const stack = [smallMachine(1, 4, 3), smallMachine(2, 3, 2), smallMachine(3, 2, 3)].map(tensorsFor);
    const composed = scoped<typeof params>(() => network.greedy.compose(stack));
    expect(readSync(composed.recognition[1]?.bias as Tensor)).toEqual(readSync(stack[1]?.hiddenBias as Tensor));
    expect(readSync(composed.generation[1]?.bias as Tensor)).toEqual(readSync(stack[1]?.visibleBias as Tensor));
    expect(readSync(composed.top.weight)).toEqual(readSync(stack[2]?.weight as Tensor));
    expect(tensorsOf(composed).length).toBe(11);
    expect(network.greedy.machines.length).toBe(3);
    expect(() => network.greedy.compose(stack.slice(1))).toThrow(/parameters of 3 machines, got 2/);
  });

  it('says what is wrong', async () => {
    const params = beliefTensors(plain);
    const narrow = tensor([[1, 0, 1, 0, 1]]);
    expect(() => network.transform(params, narrow)).toThrow('deepBeliefNetwork.transform: expected [batch, 4]');
    expect(() => network.recognise(key(1), params, narrow)).toThrow('deepBeliefNetwork.recognise: expected [batch, 4]');
    expect(() => network.generate(key(1), params, narrow)).toThrow('generate: hidden2: expected [batch, 2]');
    expect(() => network.visibleMean(params, narrow)).toThrow('visibleMean: hidden1: expected [batch, 3]');
    expect(() => deepBeliefNetwork({ layers: [bernoulli(4), bernoulli(3)] })).toThrow(
      /at least two hidden layers, got 2. With one hidden layer use rbm/,
    );
    expect(() => network.logWeight(params, { visible: tensor([bits(1, 4)]) })).toThrow(
      /states of hidden2 are required/,
    );
    await expect(recognitionBound(network, params, new Uint8Array(4), 0, { key: key(1), samples: 0 })).rejects.toThrow(
      /samples must be/,
    );
  });
});
