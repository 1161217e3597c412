import {
  free,
  grad,
  jit,
  key,
  memory,
  readSync,
  reference,
  sum,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bernoulli,
  classRbm,
  conditionalRbm,
  convolutionalRbm,
  framesBefore,
  gaussian,
  layeredNetwork,
  rbm,
  temporalRbm,
} from '../index.js';

beforeAll(async () => {
  await useBackend(reference());
});

const plain = rbm({ visible: gaussian(4, { learnVariance: true }), hidden: bernoulli(3) });
const labelled = classRbm({ visible: bernoulli(4), classes: 2, hidden: bernoulli(3) });
const driven = conditionalRbm({ visible: bernoulli(4), hidden: bernoulli(3), given: 2 });
const image = convolutionalRbm({ visible: bernoulli(1), size: [3, 3], filters: 2, filterSize: [2, 2], pool: [2, 2] });
const temporal = temporalRbm({ visible: bernoulli(4), hidden: bernoulli(3) });
const network = layeredNetwork({ layers: [4, 3, 2] });

type Inputs = Readonly<Record<'v' | 'h' | 'g' | 'label' | 'images' | 'grid' | 'sequences', Tensor>>;
const inputs = (): Inputs => ({
  v: tensor([
    [1, 0, 1, 1],
    [0, 0, 1, 0],
  ]),
  h: tensor([
    [1, 0, 1],
    [0, 1, 1],
  ]),
  g: tensor([
    [0.5, -1],
    [2, 0.3],
  ]),
  label: tensor(Int32Array.from([0, 1])),
  images: tensor([1, 0, 1, 1, 1, 0, 0, 0, 1], [1, 3, 3, 1]),
  grid: tensor([1, 0, 0, 1, 0, 0, 0, 0], [1, 2, 2, 2]),
  sequences: zeros([2, 3, 4]),
});
const params = () => ({
  plain: plain.init(key(1)),
  labelled: labelled.init(key(2)),
  driven: driven.init(key(3)),
  image: image.init(key(4)),
  temporal: temporal.init(key(5)),
});
type Params = ReturnType<typeof params>;

const functions: Readonly<Record<string, (p: Params, x: Inputs) => Tree>> = {
  'rbm.init': () => plain.init(key(1), { visibleMeans: [1, 2, 3, 4] }),
  'rbm.freeEnergy': (p, { v }) => plain.freeEnergy(p.plain, v),
  'rbm.jointEnergy': (p, { v, h }) => plain.jointEnergy(p.plain, { visible: v, hidden: h }),
  'rbm.hiddenMean': (p, { v }) => plain.hiddenMean(p.plain, v),
  'rbm.visibleMean': (p, { h }) => plain.visibleMean(p.plain, h),
  'rbm.reconstruct': (p, { v }) => plain.reconstruct(p.plain, v),
  'classRbm.init': () => labelled.init(key(1)),
  'classRbm.freeEnergy': (p, { v, label }) => labelled.freeEnergy(p.labelled, { visible: v, label }),
  'classRbm.visibleFreeEnergy': (p, { v }) => labelled.visibleFreeEnergy(p.labelled, v),
  'classRbm.jointEnergy': (p, { v, h, label }) => labelled.jointEnergy(p.labelled, { visible: v, hidden: h, label }),
  'classRbm.classProbabilities': (p, { v }) => labelled.classProbabilities(p.labelled, v),
  'classRbm.classLogProbabilities': (p, { v }) => labelled.classLogProbabilities(p.labelled, v),
  'classRbm.logProbability': (p, { v, label }) => labelled.logProbability(p.labelled, { visible: v, label }),
  'classRbm.classify': (p, { v }) => labelled.classify(p.labelled, v),
  'classRbm.visibleMean': (p, { h }) => labelled.visibleMean(p.labelled, h),
  'classRbm.hiddenMean': (p, { v, label }) => labelled.hiddenMean(p.labelled, { visible: v, label }),
  'conditionalRbm.init': () => driven.init(key(1)),
  'conditionalRbm.freeEnergy': (p, { v, g }) => driven.freeEnergy(p.driven, { visible: v, given: g }),
  'conditionalRbm.jointEnergy': (p, { v, h, g }) => driven.jointEnergy(p.driven, { visible: v, hidden: h, given: g }),
  'conditionalRbm.logZ': (p, { g }) => driven.logZ(p.driven, g),
  'conditionalRbm.logProbability': (p, { v, g }) => driven.logProbability(p.driven, { visible: v, given: g }),
  'conditionalRbm.hiddenMean': (p, { v, g }) => driven.hiddenMean(p.driven, { visible: v, given: g }),
  'conditionalRbm.visibleMean': (p, { h, g }) => driven.visibleMean(p.driven, { hidden: h, given: g }),
  'conditionalRbm.reconstruct': (p, { v, g }) => driven.reconstruct(p.driven, { visible: v, given: g }),
  'convolutionalRbm.init': () => image.init(key(1)),
  'convolutionalRbm.freeEnergy': (p, { images }) => image.freeEnergy(p.image, images),
  'convolutionalRbm.jointEnergy': (p, { images, grid }) =>
    image.jointEnergy(p.image, { visible: images, hidden: grid }),
  'convolutionalRbm.hiddenMean': (p, { images }) => image.hiddenMean(p.image, images),
  'convolutionalRbm.poolMean': (p, { images }) => image.poolMean(p.image, images),
  'convolutionalRbm.visibleMean': (p, { grid }) => image.visibleMean(p.image, grid),
  'convolutionalRbm.reconstruct': (p, { images }) => image.reconstruct(p.image, images),
  'temporalRbm.init': () => temporal.init(key(1)),
  'temporalRbm.memory': (p, { sequences }) => temporal.memory(p.temporal, sequences),
  'temporalRbm.energy': (p, { sequences }) => temporal.energy(p.temporal, temporal.observed(sequences)),
  'temporalRbm.logProbability': (p, { sequences }) => temporal.logProbability(p.temporal, sequences),
  'temporalRbm.hiddenMean': (p, { sequences }) => temporal.hiddenMean(p.temporal, sequences),
  'temporalRbm.predict': (p, { sequences }) => temporal.predict(p.temporal, sequences),
  framesBefore: (_, { sequences }) => framesBefore(sequences, 2),
  'layeredNetwork.init': () => network.init(key(1)),
};
const rows = Object.entries(functions);

/** Draws: from parameters, a function that draws. What it holds is made before. */
const draws: Readonly<Record<string, (p: Params, x: Inputs) => () => Tree>> = {
  'rbm hidden': (p, { v }) => {
    const { sampleBlock } = plain.conditional(p.plain);
    return () => sampleBlock(key(1), 'hidden', { visible: v });
  },
  'rbm visible': (p, { h }) => {
    const { sampleBlock } = plain.conditional(p.plain);
    return () => sampleBlock(key(1), 'visible', { hidden: h });
  },
  'rbm finite': (p) => () => plain.conditional(p.plain).finite?.({}),
  'classRbm hidden': (p, { v, label }) => {
    const { sampleBlock } = labelled.conditional(p.labelled);
    return () => sampleBlock(key(1), 'hidden', { visible: v, label });
  },
  'classRbm visible': (p, { h }) => {
    const { sampleBlock } = labelled.conditional(p.labelled);
    return () => sampleBlock(key(1), 'visible', { hidden: h });
  },
  'classRbm label': (p, { h }) => {
    const { sampleBlock } = labelled.conditional(p.labelled);
    return () => sampleBlock(key(1), 'label', { hidden: h });
  },
  'classRbm finite': (p) => () => labelled.conditional(p.labelled).finite?.({}),
  'classRbm given a label': (p, { v, label }) => {
    return () => labelled.givenLabel(p.labelled, label).sampleBlock(key(1), 'hidden', { visible: v });
  },
  'classRbm finite given a label': (p, { label }) => {
    return () => labelled.givenLabel(p.labelled, label).finite?.({});
  },
  'conditionalRbm hidden': (p, { v, g }) => {
    const { sampleBlock } = driven.conditional(p.driven, g);
    return () => sampleBlock(key(1), 'hidden', { visible: v });
  },
  'conditionalRbm visible': (p, { h, g }) => {
    const { sampleBlock } = driven.conditional(p.driven, g);
    return () => sampleBlock(key(1), 'visible', { hidden: h });
  },
  'conditionalRbm finite': (p, { g }) => {
    const { finite } = driven.conditional(p.driven, g);
    return () => finite?.({});
  },
  'convolutionalRbm hidden': (p, { images }) => {
    const { sampleBlock } = image.conditional(p.image);
    return () => sampleBlock(key(1), 'hidden', { visible: images });
  },
  'convolutionalRbm visible': (p, { grid }) => {
    const { sampleBlock } = image.conditional(p.image);
    return () => sampleBlock(key(1), 'visible', { hidden: grid });
  },
  'convolutionalRbm finite': (p) => () => image.conditional(p.image).finite?.({}),
  'temporalRbm frames': (p, { sequences }) => {
    return () => temporal.generate(key(1), p.temporal, { after: sequences, frames: 2, steps: 2 });
  },
};

describe('outside of jit', () => {
  it.each(rows)('%s leaves only what it gives', (_, f) => {
    const [p, x] = [params(), inputs()];
    const before = memory().tensors;
    const result = f(p, x);
    expect(memory().tensors).toBe(before + tensorsOf(result).length);
    free([result, p, x]);
  });

  it.each(Object.entries(draws))('a draw of %s leaves only what it gives', (_, f) => {
    const draw = f(params(), inputs());
    const before = memory().tensors;
    const result = draw();
    expect(memory().tensors).toBe(before + tensorsOf(result).length);
  });

  it('the conditionals of a conditional RBM hold what both layers get', () => {
    const [p, { g }] = [params(), inputs()];
    const before = memory().tensors;
    driven.conditional(p.driven, g);
    expect(memory().tensors).toBe(before + 2);
  });

  it.each(rows.filter(([name]) => !name.endsWith('init')))('%s is the same as compiled, to the bit', (_, f) => {
    const [p, x] = [params(), inputs()];
    const bits = (result: Tree) => tensorsOf(result).map((tensor) => [...readSync(tensor)]);
    const compiled = jit(f);
    expect(bits(compiled(p, x))).toEqual(bits(f(p, x)));
    compiled.clear();
  });

  it('scopes do not hinder gradients', () => {
    const x = inputs();
    const slope = grad((p: Params['plain']) => sum(plain.reconstruct(p, x.v)))(params().plain);
    expect(readSync(slope.weight).some((g: number) => g !== 0)).toBe(true);
  });
});
