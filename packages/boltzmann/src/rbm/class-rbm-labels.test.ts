import { grad, key, sum, type Tensor, tensor, tensorsOf } from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import { describe, expect, it } from 'vitest';
import { everywhere, inDoublePrecision, numbersOn } from '../../fixtures/on-backends.js';
import { spreadParameters } from '../../fixtures/spread-parameters.js';
import { bernoulli, type ClassRbmParameters, classRbm } from '../index.js';

const machine = classRbm({ visible: bernoulli(4), classes: 3, hidden: bernoulli(2) });
const labels = [2, 7, 0, -1, 3];
const isClass = labels.map((y) => y >= 0 && y < 3);
const inputs = (of: readonly number[]) => ({
  params: spreadParameters(machine.init(key(1))),
  states: {
    visible: tensor(of.map((_, i) => [0, 1, 2, 3].map((b) => ((i + 5) >> b) & 1))),
    label: tensor(Int32Array.from(of)),
  },
});
const hidden = () =>
  tensor([
    [1, 0],
    [0, 1],
    [1, 1],
    [1, 0],
    [0, 0],
  ]);

type Inputs = ReturnType<typeof inputs>;
const functions: Readonly<Record<string, (x: Inputs) => Tensor>> = {
  freeEnergy: ({ params, states }) => machine.freeEnergy(params, states),
  jointEnergy: ({ params, states }) => machine.jointEnergy(params, { ...states, hidden: hidden() }),
  hiddenMean: ({ params, states }) => machine.hiddenMean(params, states),
  logProbability: ({ params, states }) => machine.logProbability(params, states),
};

describe.each(everywhere)('labels that name no class, on $name', ({ make }) => {
  it.each(Object.entries(functions))('%s is NaN there, and the others are as they are', async (_, f) => {
    // The rows with a class have the same numbers beside any other labels.
    const right = await inDoublePrecision(() => f(inputs(labels.map((y, i) => (isClass[i] ? y : 1)))));
    const seen = await numbersOn(await make(), () => f(inputs(labels)));
    const width = seen.length / labels.length;
    const rows = isClass.flatMap((good) => Array<boolean>(width).fill(good));
    expect(seen.map(Number.isNaN)).toEqual(rows.map((good) => !good));
    const known = <T>(x: readonly T[]): T[] => x.filter((_value, i) => rows[i]);
    expectCloseTo(known(seen), known(right), { absolute: 1e-5 });
  });

  it('chains with such a label stay and are reported', async () => {
    const seen = await numbersOn(await make(), () => {
      const { params, states } = inputs(labels);
      const kernel = machine.kernel(params);
      const { state, info } = kernel.step(key(2), kernel.init(states, key(1)));
      return [state.position.label, info.diverged, machine.givenLabel(params, states.label).finite?.({})];
    });
    const [label, diverged, held] = [0, 5, 10].map((begin) => seen.slice(begin, begin + 5));
    expect(diverged?.map(Boolean)).toEqual(isClass.map((good) => !good));
    expect(held?.map(Boolean)).toEqual(isClass);
    expect(label?.filter((_, i) => !isClass[i])).toEqual([7, -1, 3]);
  });

  it('a gradient is NaN too, so that training stops', async () => {
    const slope = await numbersOn(await make(), () => {
      const { params, states } = inputs([0, 3]);
      const f = (p: ClassRbmParameters) => sum(machine.freeEnergy(p, states));
      return tensorsOf(grad(f)(params).weight);
    });
    expect(slope.some(Number.isNaN)).toBe(true);
  });
});
