import {
  exp,
  grad,
  jit,
  key,
  mean,
  memory,
  neg,
  normal,
  readSync,
  reference,
  scoped,
  squaredNorm,
  sub,
  sum,
  type Tensor,
  type Tree,
  tanh,
  tensor,
  withBackend,
  zeros,
} from '@ebmkit/tensor';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { difference, fixtures, upload } from '../../fixtures/compare.js';
import {
  classifierEnergy,
  convEnergy,
  type DenseParams,
  dense,
  flatten,
  layerNorm,
  mlpEnergy,
  sequential,
} from '../index.js';

/** What `@ebmkit/energy` asks of a model. */
interface EnergyModel<P extends Tree> {
  readonly init: (k: ReturnType<typeof key>) => P;
  readonly energy: (params: P, x: Tensor) => Tensor;
  readonly support?: 'continuous' | 'discrete';
}

const oracle = reference({ precision: 'float64' });
const network = sequential([dense({ inputs: 3, outputs: 5 }), tanh, dense({ inputs: 5, outputs: 4 })]);
const classifier = classifierEnergy(network);

describe('exact', () => {
  it('joint energy, posterior and cross-entropy are those of PyTorch, and agree with each other', () => {
    const { params: numbers, x: states, labels, joint, posterior, crossEntropy } = fixtures.classifier;
    withBackend(oracle, () => {
      const params = upload(numbers) as never;
      const x = upload(states) as Tensor;
      const y = tensor(labels, [labels.length], 'int32');
      const jointEnergy = classifier.jointEnergy(params, x, y);
      expect(difference([jointEnergy], [joint])).toBeLessThan(1e-10);
      expect(difference([classifier.posterior(params, x)], [posterior])).toBeLessThan(1e-10);
      const surprise = sub(jointEnergy, classifier.energy(params, x));
      expect(difference([surprise], [{ shape: [labels.length], data: crossEntropy }])).toBeLessThan(1e-10);
      const total = neg(sum(exp(classifier.logits(params, x)), 1));
      const expected = [...readSync(total)].map((v) => -Math.log(-v));
      expect(difference([classifier.energy(params, x)], [{ shape: [expected.length], data: expected }])).toBeLessThan(
        1e-10,
      );
    });
  });

  it('energies of large logits do not overflow', () => {
    const plain = classifierEnergy(dense({ inputs: 2, outputs: 2, bias: false }));
    const params = {
      weight: tensor([
        [1e4, 0],
        [0, -1e4],
      ]),
    };
    expect([...readSync(plain.energy(params, tensor([[1, 1]])))]).toEqual([-1e4]);
    expect([...readSync(plain.posterior(params, tensor([[1, 1]])))]).toEqual([1, 0]);
  });
});

describe('invariant', () => {
  const models = {
    mlp: { model: mlpEnergy({ eventShape: [2, 3], hidden: [7, 5] }), event: [2, 3] },
    conv: { model: convEnergy({ eventShape: [6, 5, 1], filters: [3, 4] }), event: [6, 5, 1] },
    classifier: {
      model: classifierEnergy(sequential([flatten(), layerNorm({ shape: [6] }), dense({ inputs: 6, outputs: 3 })])),
      event: [6],
    },
  };

  it.each(Object.keys(models) as (keyof typeof models)[])('%s: rows do not see each other', (name) => {
    const { event } = models[name];
    const model = models[name].model as unknown as EnergyModel<Tree>;
    withBackend(oracle, () => {
      const params = model.init(key(1));
      const [x, other] = [normal(key(2), [1, ...event]), normal(key(3), [4, ...event])];
      const together = tensor([...readSync(x), ...readSync(other)] as number[], [5, ...event]);
      const [alone, [first, ...rest]] = [readSync(model.energy(params, x)), readSync(model.energy(params, together))];
      expect(first).toBeCloseTo(alone[0] as number, 12);
      expect(rest).toHaveLength(4);
    });
  });

  it.each(Object.keys(models) as (keyof typeof models)[])('%s: leaves nothing behind over 1,000 scores', (name) => {
    const { event } = models[name];
    const model = models[name].model as unknown as EnergyModel<Tree>;
    scoped(() => {
      const params = model.init(key(1));
      const x = normal(key(2), [2, ...event]);
      const before = memory();
      for (let i = 0; i < 1000; i++) {
        scoped(() => {
          model.energy(params, x);
        });
        if (i < 100)
          scoped(() => {
            grad((states: Tensor) => sum(model.energy(params, states)))(x);
          });
      }
      expect(memory()).toEqual(before);
    });
  });

  it.each(Object.keys(models) as (keyof typeof models)[])('%s: an empty batch has no energies', (name) => {
    const { event } = models[name];
    const model = models[name].model as unknown as EnergyModel<Tree>;
    scoped(() => {
      const params = model.init(key(1));
      const x = zeros([0, ...event]);
      expect(model.energy(params, x).shape).toEqual([0]);
      const score = grad((states: Tensor) => sum(model.energy(params, states)))(x);
      expect(score.shape).toEqual([0, ...event]);
    });
  });

  it('an energy frees what it makes on the way, without a scope around it', () => {
    const model = mlpEnergy({ eventShape: [2], hidden: [4] });
    scoped(() => {
      const params = model.init(key(1));
      const x = normal(key(2), [3, 2]);
      const before = memory().tensors;
      for (let i = 0; i < 10; i++) model.energy(params, x);
      expect(memory().tensors).toBe(before + 10);
    });
  });

  it('a score-matching step compiles and equals the plain one', () => {
    const model = mlpEnergy({ eventShape: [2], hidden: [8] });
    const loss = (params: readonly DenseParams[], x: Tensor) =>
      mean(squaredNorm(grad((states: Tensor) => sum(model.energy(params, states)))(x)));
    const step = jit((params: readonly DenseParams[], x: Tensor) => grad(loss)(params, x));
    withBackend(oracle, () => {
      const params = model.init(key(1));
      const x = normal(key(2), [5, 2]);
      const [plain, compiled] = [grad(loss)(params, x), step(params, x)];
      expect([...readSync((compiled[0] as DenseParams).weight)]).toEqual([
        ...readSync((plain[0] as DenseParams).weight),
      ]);
      step.clear();
    });
  });
});

describe('contract', () => {
  it('models are energy models over real states, by type', () => {
    expectTypeOf(mlpEnergy({ eventShape: [2], hidden: [] })).toExtend<EnergyModel<readonly DenseParams[]>>();
    expectTypeOf(convEnergy({ eventShape: [2, 2, 1] }).support).toEqualTypeOf<'continuous'>();
    expectTypeOf(classifier).toExtend<EnergyModel<readonly [DenseParams, null, DenseParams]>>();
    expect(classifier.support).toBe('continuous');
  });

  it('layers begin with keys of their own', () => {
    const { convolutions } = convEnergy({ eventShape: [8, 8, 4], filters: [4, 4, 4] }).init(key(1));
    const [, second, third] = convolutions.map(({ weight }) => [...readSync(weight)]);
    expect(second).not.toEqual(third);
  });

  it.each([
    [() => mlpEnergy({ eventShape: [0], hidden: [] }), /mlpEnergy: eventShape must be a list of whole numbers/],
    [() => mlpEnergy({ eventShape: [2], hidden: [4, 0] }), /mlpEnergy: hidden\[1\] must be a whole number/],
    [() => convEnergy({ eventShape: [28, 28] }), /eventShape must be \[height, width, channels\], got \[28, 28\]/],
    [() => convEnergy({ eventShape: [8, 8, 1], filters: [] }), /filters must have at least one number/],
    [
      () => mlpEnergy({ eventShape: [2], hidden: [4] }).energy([], normal(key(1), [3, 5])),
      /mlpEnergy: expected \[n, 2\], got \[3, 5\]\. Put the batch/,
    ],
    [
      () => {
        const model = convEnergy({ eventShape: [8, 8, 1] });
        return model.energy(model.init(key(1)), normal(key(1), [3, 64]));
      },
      /convEnergy: expected \[n, 8, 8, 1\], got \[3, 64\]/,
    ],
    [
      () => classifier.jointEnergy(network.init(key(1)), normal(key(1), [3, 3]), normal(key(1), [3, 1])),
      /jointEnergy: expected labels \[3\], got \[3, 1\]/,
    ],
    [
      () => {
        const flat = classifierEnergy(sequential([(x: Tensor) => sum(x, 1)]));
        return flat.energy([null], normal(key(1), [3, 3]));
      },
      /the network must give logits \[3, classes\], got \[3\]/,
    ],
  ])('%#: wrong arguments say what is right', (make, message) => {
    expect(make).toThrow(message);
  });
});
