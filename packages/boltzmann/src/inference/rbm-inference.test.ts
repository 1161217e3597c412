import {
  free,
  key,
  memory,
  mul,
  readSync,
  reference,
  type Tensor,
  tensor,
  uniform,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectCloseTo, onEach } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { enumerated, normals } from '../../fixtures/factor-oracle.js';
import { type SmallMachine, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  centred,
  count,
  exactInference,
  exactLogZ,
  gaussian,
  meanField,
  mixed,
  type Rbm,
  type RbmParameters,
  rbm,
  rbmFactorGraph,
  rbmMeanField,
  rbmTap,
  softmax,
  spin,
  tap,
} from '../index.js';

const [V, H] = [5, 4];
const finely = { tolerance: 1e-13, iterations: 5000 };

/** A small machine with weights and biases times a number. */
function weak(seed: number, by: number, visible = V, hidden = H): SmallMachine {
  const { weight, visibleBias, hiddenBias } = smallMachine(seed, visible, hidden);
  const times = (x: readonly number[]) => x.map((y) => by * y);
  return { weight: weight.map(times), visibleBias: times(visibleBias), hiddenBias: times(hiddenBias) };
}

const kinds = {
  bits: { make: bernoulli, mean: ([, p]: Float64Array) => p as number },
  spins: { make: spin, mean: ([q, p]: Float64Array) => (p as number) - (q as number) },
};

describe('in double precision', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  describe('rbmFactorGraph', () => {
    const machines = {
      bits: rbm({ visible: bernoulli(4), hidden: bernoulli(3) }),
      'spins and bits': rbm({ visible: spin(4), hidden: bernoulli(3) }),
      'choices and spins': rbm({ visible: softmax(3, { units: 2 }), hidden: spin(3) }),
      'mixed and choices': rbm({ visible: mixed([bernoulli(2), softmax(2), spin(1)]), hidden: softmax(3) }),
      'centred bits': rbm({ visible: centred(bernoulli(4), 0.3), hidden: centred(spin(3), [0.1, -0.2, 0.4]) }),
    };
    it.each(Object.entries(machines))('has the distribution of the machine: %s', async (_, any) => {
      const machine = any as unknown as Rbm;
      const { visible, hidden } = machine;
      const size = visible.size * hidden.size;
      const numbers = normals(3, size + visible.size + hidden.size);
      const params = {
        ...machine.init(key(1)),
        weight: tensor(Float64Array.from(numbers.slice(0, size)), [visible.size, hidden.size]),
        visibleBias: tensor(numbers.slice(size, size + visible.size)),
        hiddenBias: tensor(numbers.slice(size + visible.size)),
      };
      const graph = await rbmFactorGraph(machine, params);
      expect(graph.cardinalities).toEqual(
        [...(visible.sites ?? []), ...(hidden.sites ?? [])].map((site) => site.length),
      );
      const exact = enumerated(graph);
      expectCloseTo([exact.logZ], [await exactLogZ(machine, params)], { absolute: 1e-9 });
      // The mean hidden state of every visible state, from the graph and from the machine.
      const seen = exact.states[exact.states.length - 1]?.slice(0, visible.sites?.length) as number[];
      const state = tensor([seen.flatMap((s, site) => visible.sites?.[site]?.[s] ?? [])]);
      const wanted = readSync(machine.hiddenMean(params, state));
      const { marginals } = enumerated(graph, (x) => seen.every((s, i) => x[i] === s));
      const means = (hidden.sites ?? []).flatMap((site, j) =>
        (site[0] ?? []).map((__, column) =>
          site.reduce(
            (sum, vector, s) => sum + (vector[column] as number) * (marginals[seen.length + j]?.[s] as number),
            0,
          ),
        ),
      );
      expectCloseTo(means, wanted, { absolute: 1e-9 });
    });

    it('refuses units without a list of states', async () => {
      const real = rbm({ visible: gaussian(3), hidden: bernoulli(2) });
      await expect(rbmFactorGraph(real, real.init(key(1)))).rejects.toThrow(
        'visible units of a few states each are required, got gaussian units',
      );
      const words = rbm({ visible: count(3, { length: 2 }), hidden: bernoulli(2) });
      await expect(rbmFactorGraph(words, words.init(key(1)))).rejects.toThrow('got count units');
    });
  });

  describe.each(['bits', 'spins'] as const)('visible %s', (v) => {
    describe.each(['bits', 'spins'] as const)('and hidden %s', (h) => {
      const machine = rbm({ visible: kinds[v].make(V), hidden: kinds[h].make(H) });
      const params = () => tensorsFor(weak(7, 0.4));
      const means = (marginals: readonly Float64Array[]) =>
        marginals.map((p, node) => (node < V ? kinds[v] : kinds[h]).mean(p));

      it('solve the equations of the plain versions', async () => {
        const graph = await rbmFactorGraph(machine, params());
        for (const [got, want] of [
          [await rbmMeanField(machine, params(), finely), await meanField(graph, finely)],
          [
            await rbmMeanField(machine, params(), { ...finely, damping: 0.3 }),
            await tap(graph, { order: 1, ...finely }),
          ],
          [await rbmTap(machine, params(), finely), await tap(graph, { order: 2, ...finely })],
          [await rbmTap(machine, params(), { order: 3, ...finely }), await tap(graph, { order: 3, ...finely })],
        ] as const) {
          expect([got.status, want.status]).toEqual([['converged'], 'converged']);
          expectCloseTo([...got.visible, ...got.hidden], means(want.marginals), { absolute: 1e-9 });
          expectCloseTo(got.logZ, [want.logZ], { absolute: 1e-9 });
        }
      });

      it('solve them given some visible units, each row its own', async () => {
        const graph = await rbmFactorGraph(machine, params());
        const [low, high] = v === 'bits' ? [0, 1] : [-1, 1];
        const mask = [true, false, true, false, false];
        // What is not clamped may hold anything.
        const values = Float64Array.of(low, 7, high, 7, 7, high, 7, high, 7, 7);
        const got = await rbmTap(machine, params(), { order: 3, clamped: { values, mask }, ...finely });
        for (const [row, first] of [0, 1].entries()) {
          const want = await tap(graph, { order: 3, evidence: { 0: first, 2: 1 }, ...finely });
          expectCloseTo(got.visible.slice(row * V, (row + 1) * V), means(want.marginals).slice(0, V), {
            absolute: 1e-9,
          });
          expectCloseTo(got.hidden.slice(row * H, (row + 1) * H), means(want.marginals).slice(V), { absolute: 1e-9 });
          expectCloseTo([got.logZ[row] as number], [want.logZ], { absolute: 1e-9 });
        }
        const all = await rbmMeanField(machine, params(), {
          clamped: { values: Float64Array.from({ length: V }, () => high), mask: Array(V).fill(true) },
        });
        const freeEnergy = readSync(machine.freeEnergy(params(), tensor([Array(V).fill(high)])));
        expectCloseTo(all.logZ, [-(freeEnergy[0] as number)], { absolute: 1e-12 });
      });
    });
  });

  it('gives the free energy of the paper for bits, and its self-consistency', async () => {
    const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
    const plain = weak(9, 0.8);
    const { visible, hidden, logZ } = await rbmTap(machine, tensorsFor(plain), { order: 3, ...finely });
    const [v, h] = [visible as Float64Array, hidden as Float64Array];
    const entropy = [...v, ...h].reduce((sum, m) => sum - m * Math.log(m) - (1 - m) * Math.log(1 - m), 0);
    const dot = (x: readonly number[], y: Float64Array) => x.reduce((sum, a, i) => sum + a * (y[i] as number), 0);
    let expected = entropy + dot(plain.visibleBias, v) + dot(plain.hiddenBias, h);
    const fields = plain.visibleBias.map((bias, i) => {
      const [m, row] = [v[i] as number, plain.weight[i] as readonly number[]];
      return row.reduce((field, w, j) => {
        const n = h[j] as number;
        const [vv, hh] = [m - m * m, n - n * n];
        expected += w * m * n + (w ** 2 / 2) * vv * hh + ((2 * w ** 3) / 3) * vv * (0.5 - m) * hh * (0.5 - n);
        return field + w * n - w ** 2 * (m - 0.5) * hh + 2 * w ** 3 * (m * m - m + 1 / 6) * hh * (0.5 - n);
      }, bias);
    });
    expectCloseTo(logZ, [expected], { absolute: 1e-12 });
    expectCloseTo(
      v,
      fields.map((x) => 1 / (1 + Math.exp(-x))),
      { absolute: 1e-11 },
    );
  });

  it('takes units of several values in one layer, and centred ones', async () => {
    const machine = rbm({ visible: mixed([bernoulli(2), spin(3)]), hidden: bernoulli(H) });
    const params = tensorsFor(weak(3, 0.4));
    const graph = await rbmFactorGraph(machine, params);
    const want = await tap(graph, { order: 3, ...finely });
    expectCloseTo((await rbmTap(machine, params, { order: 3, ...finely })).logZ, [want.logZ], { absolute: 1e-9 });
    const shifted = rbm({ visible: centred(bernoulli(V), 0.4), hidden: centred(spin(H), 0.2) });
    const own = { ...shifted.init(key(1)), ...params };
    const plain = await tap(await rbmFactorGraph(shifted, own), { order: 3, ...finely });
    const got = await rbmTap(shifted, own, { order: 3, ...finely });
    expectCloseTo(got.logZ, [plain.logZ], { absolute: 1e-9 });
    expectCloseTo(got.hidden, plain.marginals.slice(V).map(kinds.spins.mean), { absolute: 1e-9 });
  });

  it('has an error of log Z of the next power of the weights', async () => {
    const machine = rbm({ visible: bernoulli(10), hidden: spin(6) });
    const { weight, ...biases } = tensorsFor(smallMachine(4, 10, 6));
    const errorsAt = async (by: number) => {
      const params = { weight: mul(weight, by), ...biases };
      const logZ = await exactLogZ(machine, params);
      const results = [
        await rbmMeanField(machine, params, finely),
        await rbmTap(machine, params, finely),
        await rbmTap(machine, params, { order: 3, ...finely }),
      ];
      return results.map((result) => (result.logZ[0] as number) - logZ);
    };
    const [coarse, fine] = [await errorsAt(0.06), await errorsAt(0.03)];
    expect(coarse[0]).toBeLessThan(0);
    const powers = coarse.map((error, i) => Math.log2(error / (fine[i] as number)));
    powers.forEach((power, i) => {
      expect(Math.abs(power - i - 2), `order ${i + 1}: ${power}`).toBeLessThan(0.25);
    });
  });

  it('is near the exact means of weak machines', async () => {
    const machine = rbm({ visible: bernoulli(10), hidden: bernoulli(6) });
    const params = tensorsFor(weak(4, 0.25, 10, 6));
    const exact = await exactInference(await rbmFactorGraph(machine, params));
    const { visible, hidden } = await rbmTap(machine, params, { order: 3, ...finely });
    expectCloseTo(
      [...visible, ...hidden],
      exact.marginals.map((p) => p[1] as number),
      { absolute: 1e-3 },
    );
  });

  it('finds another solution from another start, each row its own', async () => {
    const machine = rbm({ visible: spin(V), hidden: spin(H) });
    const params = { weight: mul(uniform(key(1), [V, H]), 1), visibleBias: zeros([V]), hiddenBias: zeros([H]) };
    const start = tensor([Array(V).fill(0.5), Array(V).fill(-0.5), Array(V).fill(0)]);
    const { visible, logZ, status } = await rbmMeanField(machine, params, { start });
    expect(status).toEqual(Array(3).fill('converged'));
    expect(visible.slice(0, V).every((m) => m > 0.5)).toBe(true);
    expectCloseTo(
      visible.slice(V, 2 * V),
      Array.from(visible.slice(0, V), (m) => -m),
      { absolute: 1e-4 },
    );
    expect([...visible.slice(2 * V)]).toEqual(Array(V).fill(0));
    expect(logZ[0]).toBeGreaterThan((logZ[2] as number) + 0.1);
  });

  it('reports each row that does not converge or is no number, and leaves the others alone', async () => {
    const machine = rbm({ visible: spin(V), hidden: spin(H) });
    const params = tensorsFor(weak(7, 0.2));
    const start = tensor([Array(V).fill(Number.NaN), Array(V).fill(0.1)]);
    const { status, change, logZ } = await rbmTap(machine, params, { start });
    expect(status).toEqual(['unconverged', 'converged']);
    expect(change[0]).toBeNaN();
    expect(logZ[0]).toBeNaN();
    const alone = await rbmTap(machine, params, { start: tensor([Array(V).fill(0.1)]) });
    expect(logZ[1]).toBe(alone.logZ[0]);
    const strong = await rbmTap(machine, tensorsFor(weak(7, 1.5)), { iterations: 40 });
    expect(strong).toMatchObject({ status: ['unconverged'], iterations: 40 });
  });

  it('says what it cannot take', async () => {
    const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
    const params = tensorsFor(weak(7, 1));
    const real = rbm({ visible: gaussian(3), hidden: bernoulli(2) });
    await expect(rbmTap(real, real.init(key(1)))).rejects.toThrow(
      'rbmTap: layers of units of two values are required, such as bernoulli(784), got gaussian units',
    );
    const choices = rbm({ visible: bernoulli(3), hidden: softmax(3) });
    await expect(rbmMeanField(choices, choices.init(key(1)))).rejects.toThrow(
      'rbmMeanField: layers of units of two values are required, such as bernoulli(784), got softmax units',
    );
    await expect(rbmTap(machine, params, { order: 1 as never })).rejects.toThrow('order must be 2 or 3, got 1');
    await expect(rbmTap(machine, params, { start: zeros([V]) })).rejects.toThrow(
      'rbmTap: start: expected [batch, 5], got [5]',
    );
    const clamped = { values: Uint8Array.of(0, 1, 0, 1, 0), mask: Array<boolean>(V).fill(true) };
    await expect(rbmTap(machine, params, { start: zeros([2, V]), clamped })).rejects.toThrow(
      'start must have a row for each of 1 clamped states, got 2',
    );
    await expect(rbmTap(machine, params, { clamped: { ...clamped, mask: [true] } })).rejects.toThrow(
      'the mask must have 5 flags, one for each visible unit, got 1',
    );
    const half = Float64Array.of(0, 1, 0.5, 1, 0);
    await expect(rbmTap(machine, params, { clamped: { ...clamped, values: half } })).rejects.toThrow(
      'a clamped unit must be 0 or 1, got 0.5 at unit 2',
    );
    await expect(rbmTap(machine, params, { damping: 2 })).rejects.toThrow('rbmTap: damping');
    await expect(rbmTap(machine, params, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});

const backends = [
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

onEach('in single precision,', backends, () => {
  const machine: Rbm = rbm({ visible: bernoulli(12), hidden: spin(8) });
  const plain = weak(11, 0.3, 12, 8);

  it('agrees with double precision', async () => {
    const graph = await rbmFactorGraph(machine, tensorsFor(plain));
    for (const order of [2, 3] as const) {
      const got = await rbmTap(machine, tensorsFor(plain), { order });
      const want = await tap(graph, { order, ...finely });
      expect(got.status).toEqual(['converged']);
      expectCloseTo(got.logZ, [want.logZ], { relative: 1e-5 });
      expectCloseTo(
        got.visible,
        want.marginals.slice(0, 12).map((p) => p[1] as number),
        { absolute: 3e-5 },
      );
    }
  });

  it('leaves no tensors behind, also when it fails', async () => {
    const params: RbmParameters = tensorsFor(plain);
    const start: Tensor = uniform(key(1), [3, 12]);
    const clamped = {
      values: Uint8Array.from({ length: 36 }, (_, i) => i % 2),
      mask: Uint8Array.from({ length: 12 }, (_, i) => Number(i < 4)),
    };
    const before = memory().tensors;
    await rbmTap(machine, params, { order: 3, start, clamped });
    await rbmMeanField(machine, params, { start });
    await expect(rbmTap(machine, params, { start: params.weight, clamped })).rejects.toThrow('rbmTap: start');
    await rbmFactorGraph(machine, params);
    expect(memory().tensors).toBe(before);
    expect(readSync(start)).toHaveLength(36);
    expect(readSync(params.weight)).toHaveLength(96);
    free([params, start]);
  });
});
