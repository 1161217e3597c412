import { key, memory, reference, type Tensor, type Tree, tensorsOf, useBackend } from '@ebmkit/tensor';
import { beforeAll, expect, it } from 'vitest';
import { bernoulli, type DeepState, deepBeliefNetwork, deepBoltzmannMachine, type LayerName } from '../index.js';

beforeAll(async () => {
  await useBackend(reference());
});

const layers = [bernoulli(4), bernoulli(3), bernoulli(2)] as const;
const machine = deepBoltzmannMachine({ layers });
const network = deepBeliefNetwork({ layers });
const inputs = () => {
  const [p, q] = [machine.init(key(1)), network.init(key(2))];
  const x = machine.drawFromBiases(key(3), p, 5);
  const hidden1 = x.hidden1 as Tensor;
  return { p, q, x, hidden1, below: { visible: x.visible, hidden1 } as DeepState };
};
type Inputs = ReturnType<typeof inputs>;

const draw =
  (block: LayerName) =>
  ({ p, x }: Inputs): Tree =>
    machine.conditional(p).sampleBlock(key(4), block, x);
const functions: Readonly<Record<string, (inputs: Inputs) => Tree>> = {
  'deepBoltzmannMachine.init': () => machine.init(key(1)),
  'deepBoltzmannMachine.energy': ({ p, x }) => machine.energy(p, x),
  'deepBoltzmannMachine.visibleMean': ({ p, hidden1 }) => machine.visibleMean(p, hidden1),
  'deepBoltzmannMachine.meanField': ({ p, x }) => machine.meanField(p, x.visible),
  'deepBoltzmannMachine.drawFromBiases': ({ p }) => machine.drawFromBiases(key(4), p, 3),
  'a draw of visible': draw('visible'),
  'a draw of hidden1': draw('hidden1'),
  'a draw of hidden2': draw('hidden2'),
  'the test of a draw': ({ p }) => machine.conditional(p).finite?.({}),
  'deepBeliefNetwork.init': () => network.init(key(1)),
  'deepBeliefNetwork.recognise': ({ q, x }) => network.recognise(key(4), q, x.visible),
  'deepBeliefNetwork.generate': ({ q, hidden1 }) => network.generate(key(4), q, hidden1),
  'deepBeliefNetwork.visibleMean': ({ q, hidden1 }) => network.visibleMean(q, hidden1),
  'deepBeliefNetwork.recognitionLogProbabilities': ({ q, below }) => network.recognitionLogProbabilities(q, below),
  'deepBeliefNetwork.generationLogProbabilities': ({ q, below }) => network.generationLogProbabilities(q, below),
  'deepBeliefNetwork.logWeight': ({ q, below }) => network.logWeight(q, below),
  'deepBeliefNetwork.transform': ({ q, x }) => network.transform(q, x.visible),
};

it.each(Object.entries(functions))('%s leaves only what it gives', (_, f) => {
  const x = inputs();
  const given = new Set(tensorsOf(x));
  const before = memory().tensors;
  const made = tensorsOf(f(x)).filter((tensor) => !given.has(tensor));
  expect(made.length).toBeGreaterThan(0);
  expect(memory().tensors).toBe(before + made.length);
});
