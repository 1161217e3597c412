import {
  bernoulli,
  classRbm,
  conditionalRbm,
  convolutionalRbm,
  enumerateStates,
  framesBefore,
  type LabelledStates,
  temporalRbm,
} from '@ebmkit/boltzmann';
import { adam } from '@ebmkit/optim';
import {
  add,
  fromPlain,
  type Key,
  key,
  logSumExp,
  mean,
  neg,
  readSync,
  reference,
  reshape,
  type Tensor,
  type Tree,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { type BatchSource, contrastiveDivergence, fit, logLoss, type Objective, weightedSum } from '@ebmkit/trainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});
afterAll(async () => {
  await useBackend(reference());
});

const times = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));
const bool = (rows: readonly (readonly number[])[], shape = [rows.length, rows[0]?.length ?? 0]): Tensor =>
  tensor(Uint8Array.from(rows.flat()), shape);

/** All data in every batch. */
const whole = <B>(make: () => B): BatchSource<B> => ({ batchesPerEpoch: 1, batch: make });

/** Trains for some steps and gives an exact mean log-likelihood in nats before and after. */
async function improvement<P extends Tree, B extends Tree, S extends Tree>(
  machine: { readonly init: (key: Key) => P },
  objective: Objective<P, B, S>,
  data: () => B,
  logLikelihood: (params: P) => Tensor,
  steps = 400,
) {
  const of = (params: P): number => readSync(mean(logLikelihood(params)))[0] as number;
  const before = of(machine.init(key(1)));
  const { saved } = await fit(machine, {
    objective,
    optimiser: adam({ learningRate: 0.05 }),
    data: whole(data),
    epochs: steps,
    recordEvery: steps,
    key: key(1),
  });
  const { params } = fromPlain(saved.state) as { readonly params: P };
  return { before, after: of(params), params };
}

describe('fit trains a class RBM', () => {
  // Two bits tell the class only together: the label is their exclusive or. A third one is its opposite, a fourth has no meaning.
  const rows = times(64, (i) => [i & 1, (i >> 1) & 1, 1 - ((i & 1) ^ ((i >> 1) & 1)), (i >> 2) & 1]);
  const labels = rows.map(([a = 0, b = 0]) => a ^ b);
  const data = (): LabelledStates => ({ visible: bool(rows), label: tensor(Int32Array.from(labels)) });
  const machine = classRbm({ visible: bernoulli(4), classes: 2, hidden: bernoulli(6) });
  type P = ReturnType<typeof machine.init>;
  const all = (): LabelledStates => {
    const states = times(32, (i) => times(4, (bit) => (i >> bit) & 1));
    return { visible: bool(states), label: tensor(Int32Array.from(states, (_, i) => i >> 4)) };
  };
  /** log p(visible, label), by the sum over all 32 states. */
  const joint = (params: P): Tensor =>
    neg(add(machine.energy(params, data()), logSumExp(neg(machine.energy(params, all())))));
  const generative = contrastiveDivergence(machine, { k: 5, kernel: machine.kernel });
  const discriminative = logLoss<P, LabelledStates>(machine.logProbability);

  it('to model states with their labels', async () => {
    const { before, after } = await improvement(machine, generative, data, joint);
    expect(before).toBeCloseTo(-Math.log(32), 1);
    // Eight states of equal weight: the best is -log 8 = -2.08.
    expect(after).toBeGreaterThan(-2.5);
  });

  it('to classify', async () => {
    const labelGiven = (p: P) => machine.logProbability(p, data());
    const { before, after, params } = await improvement(machine, discriminative, data, labelGiven);
    expect(before).toBeCloseTo(-Math.log(2), 1);
    expect(after).toBeGreaterThan(-0.05);
    expect([...readSync(machine.classify(params, data().visible))]).toEqual(labels);
  });

  it('to do both', async () => {
    const hybrid = weightedSum({
      discriminative: { objective: discriminative, weight: 1 },
      generative: { objective: generative, weight: 1 },
    });
    const { after, params } = await improvement(machine, hybrid, data, joint);
    expect(after).toBeGreaterThan(-2.6);
    expect(readSync(mean(machine.logProbability(params, data())))[0]).toBeGreaterThan(-0.05);
  });
});

/** A bit that goes round in a ring of three, from each of its places, in one direction. */
const ring = (): Tensor =>
  bool(
    times(3, (start) => times(6, (t) => times(3, (i) => Number(i === (start + t) % 3))).flat()),
    [3, 6, 3],
  );

describe('fit trains machines of sequences', () => {
  it('a conditional RBM to tell the next frame from the last one', async () => {
    const machine = conditionalRbm({ visible: bernoulli(3), hidden: bernoulli(4), given: 3 });
    const objective = contrastiveDivergence(machine, {
      k: 3,
      kernel: machine.kernel,
      complete: (_, __, sequences: Tensor) => framesBefore(sequences),
    });
    const { before, after } = await improvement(machine, objective, ring, (p) =>
      machine.logProbability(p, framesBefore(ring())),
    );
    expect(before).toBeCloseTo(-3 * Math.log(2), 1);
    expect(after).toBeGreaterThan(-0.2);
  });

  it.each(['contrastive divergence', 'the exact likelihood'])('a temporal RBM, by %s', async (by) => {
    const machine = temporalRbm({ visible: bernoulli(3), hidden: bernoulli(4) });
    type P = ReturnType<typeof machine.init>;
    const objective: Objective<P, Tensor, null> =
      by === 'contrastive divergence'
        ? contrastiveDivergence(machine, {
            k: 5,
            kernel: machine.kernel,
            complete: (_, __, sequences: Tensor) => machine.observed(sequences),
          })
        : logLoss(machine.logProbability);
    const { before, after, params } = await improvement(machine, objective, ring, (p) =>
      machine.logProbability(p, ring()),
    );
    expect(before).toBeCloseTo(-18 * Math.log(2), 0);
    // The first frame is one of three: the best is -log 3 = -1.10.
    expect(after).toBeGreaterThan(-2.2);
    const next = readSync(machine.predict(params, ring()));
    times(3, (start) => {
      const guess = Array.from(next.slice(3 * start, 3 * start + 3));
      expect(guess.indexOf(Math.max(...guess))).toBe((start + 6) % 3);
    });
  });
});

it('fit trains a convolutional RBM on bars', async () => {
  const machine = convolutionalRbm({
    visible: bernoulli(1),
    size: [3, 3],
    filters: 4,
    filterSize: [2, 2],
    pool: [2, 2],
  });
  const bars = () =>
    bool(
      times(3, (row) => times(9, (i) => Number(Math.floor(i / 3) === row))),
      [3, 3, 3, 1],
    );
  const all = reshape(enumerateStates(bernoulli(9)), [512, 3, 3, 1]);
  type P = ReturnType<typeof machine.init>;
  const { before, after } = await improvement(
    machine,
    contrastiveDivergence(machine, { k: 5, kernel: machine.kernel }),
    bars,
    (p: P) => neg(add(machine.energy(p, bars()), logSumExp(neg(machine.energy(p, all))))),
  );
  expect(before).toBeCloseTo(-9 * Math.log(2), 1);
  expect(after).toBeGreaterThan(before + 2);
});
