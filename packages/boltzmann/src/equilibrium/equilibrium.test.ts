import { jit, key, memory, readSync, slice, tensor, uniform, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, type LayeredParameters, layeredNetwork, temporalRbm } from '../index.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

const largest = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((a, b) => Math.max(a, b), 0);
/** The largest distance of two rows of numbers, for each row of some length. */
const distances = (a: ArrayLike<number>, b: ArrayLike<number>, width: number): number[] =>
  Array.from({ length: a.length / width }, (_, row) =>
    largest(
      Array.from({ length: width }, (__, i) =>
        Math.abs((a[row * width + i] as number) - (b[row * width + i] as number)),
      ),
    ),
  );

describe('the equilibrium of a layered network', () => {
  const network = layeredNetwork({ layers: [3, 4, 2] });
  const input = () => uniform(key(2), [5, 3]);

  it('has a status for each row: what another step would change', () => {
    const params = network.init(key(1));
    const x = input();
    for (const [steps, settled] of [
      [3, false],
      [200, true],
    ] as const) {
      const { state, change, converged } = network.equilibrium(params, x, { steps, stepSize: 0.25 });
      const output = state.layers[1] as NonNullable<(typeof state.layers)[1]>;
      expect(readSync(output)).toEqual(readSync(network.predict(params, x, { steps, stepSize: 0.25 })));
      expect([...readSync(converged)]).toEqual(Array(5).fill(Number(settled)));
      // The move of the last step, of both layers, as if the whole way had been gone.
      const batch = { input: x, target: output };
      const before = network.relax(params, network.start(params, batch), batch, { steps: steps - 1, stepSize: 0.25 });
      const moves = [4, 2].map((width, k) =>
        distances(readSync(state.layers[k] as typeof output), readSync(before.layers[k] as typeof output), width),
      );
      readSync(change).forEach((found, row) => {
        expect(found).toBeCloseTo(4 * Math.max(...moves.map((of) => of[row] as number)), 6);
      });
    }
    expect(largest(readSync(network.equilibrium(params, x, { steps: 200 }).change))).toBeLessThan(1e-5);
    const strict = network.equilibrium(params, x, { steps: 12, tolerance: 1e-12 });
    expect([...readSync(strict.converged)]).toEqual(Array(5).fill(0));
  });

  it('tells rows that are not numbers, compiles, and leaves nothing behind', () => {
    const params = network.init(key(1));
    const x = tensor([
      [Number.NaN, 0, 0],
      [0.2, 0.4, 0.9],
    ]);
    const before = memory().tensors;
    const { change, converged } = network.equilibrium(params, x, { steps: 100 });
    expect(memory().tensors).toBe(before + 4);
    expect([...readSync(converged)]).toEqual([0, 1]);
    expect(readSync(change)[0]).toBeNaN();
    const compiled = jit((p: LayeredParameters, seen: typeof x) => network.equilibrium(p, seen, { steps: 100 }).change);
    expect([...readSync(compiled(params, x))]).toEqual([...readSync(change)]);
    compiled.clear();
  });

  it('says what is wrong', () => {
    const params = network.init(key(1));
    expect(() => network.equilibrium(params, input(), { steps: 0 })).toThrow(
      'steps must be a whole number of at least 1',
    );
    expect(() => network.equilibrium(params, input(), { steps: 1, tolerance: 0 })).toThrow('tolerance must be above 0');
  });
});

describe('the mean field of the next frame', () => {
  const machine = temporalRbm({ visible: bernoulli(4), hidden: bernoulli(3) });
  const params = () => ({
    ...tensorsFor(smallMachine(3, 4, 3)),
    givenToVisible: tensor(smallMachine(4, 3, 4).weight),
    givenToHidden: tensor(smallMachine(5, 3, 3).weight),
    initial: tensor([0.2, 0.5, 0.1]),
  });
  const sequences = () => uniform(key(3), [6, 3, 4]);

  it('has a status for each row', () => {
    const [p, x] = [params(), sequences()];
    const one = machine.meanField(p, x, { steps: 4 });
    const before = readSync(machine.predict(p, x, { steps: 3 }));
    const moved = distances(readSync(one.visible), before, 4);
    readSync(one.change).forEach((found, row) => {
      expect(found).toBeCloseTo(moved[row] as number, 6);
    });
    const between = (Math.min(...moved) + Math.max(...moved)) / 2;
    const { converged } = machine.meanField(p, x, { steps: 4, tolerance: between });
    expect([...readSync(converged)]).toEqual(moved.map((move) => Number(move < between)));
    const settled = machine.meanField(p, x, { steps: 200 });
    expect([...readSync(settled.converged)]).toEqual(Array(6).fill(1));
    expect(readSync(settled.visible)).toEqual(readSync(machine.predict(p, x, { steps: 200 })));
  });

  it('tells rows that are not numbers, and says what is wrong', () => {
    const [p, x] = [params(), sequences()];
    const broken = { ...p, initial: tensor([Number.NaN, 0, 0]) };
    const first = slice(x, [0, 0, 0], [2, 1, 4]);
    const { change, converged } = machine.meanField(broken, first);
    expect([...readSync(change)].every(Number.isNaN)).toBe(true);
    expect([...readSync(converged)]).toEqual([0, 0]);
    expect(() => machine.meanField(p, x, { tolerance: -1 })).toThrow('temporalRbm.predict: tolerance must be above 0');
    expect(() => machine.meanField(p, x, { steps: 0 })).toThrow('temporalRbm.predict: steps must be');
  });
});
