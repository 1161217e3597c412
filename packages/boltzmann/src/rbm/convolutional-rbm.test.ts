import {
  cast,
  conv2d,
  full,
  grad,
  jit,
  key,
  logSumExp,
  memory,
  mul,
  neg,
  normal,
  readSync,
  reference,
  reshape,
  scoped,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, enumerate, expectCloseTo } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { bits, smallMachine } from '../../fixtures/small-machine.js';
import { bernoulli } from '../units/bernoulli.js';
import { gaussian } from '../units/gaussian.js';
import { convolutionalRbm } from './convolutional-rbm.js';

const tight = { absolute: 1e-9 };
const total = (numbers: readonly number[]) => numbers.reduce((s, x) => s + x, 0);
const count = (n: number) => Array.from({ length: n }, (_, i) => i);

/** One filter of 2x2 on images of 4x4, zeros around them, and blocks of 2x2: 2^16 images and 5^4 hidden states. */
const machine = convolutionalRbm({
  visible: bernoulli(1),
  size: [4, 4],
  filters: 1,
  filterSize: [2, 2],
  padding: 'same',
  pool: [2, 2],
});
const filter = smallMachine(41, 2, 2).weight;
const [visibleBias, hiddenBias] = [-0.3, 0.4];
const parameters = () => ({
  weight: tensor(filter.flat(), [2, 2, 1, 1]),
  visibleBias: tensor([visibleBias]),
  hiddenBias: tensor([hiddenBias]),
});
type Parameters = ReturnType<typeof parameters>;

/** The input of the hidden unit at (y, x): the filter laid on the image there, its last row and column may lie outside. */
const inputAt = (image: readonly number[], y: number, x: number): number =>
  hiddenBias +
  total(
    filter.flatMap((row, dy) =>
      row.map((w, dx) => (y + dy < 4 && x + dx < 4 ? w * (image[4 * (y + dy) + x + dx] as number) : 0)),
    ),
  );
const inputsOf = (image: readonly number[]): number[] => count(16).map((i) => inputAt(image, Math.floor(i / 4), i % 4));

/** The four units of each block. */
const blocks = [0, 2, 8, 10].map((corner) => [corner, corner + 1, corner + 4, corner + 5]);
/** Every hidden state with at most one unit on in a block. */
const hiddenStates = count(625).map((code) => {
  const on = blocks.map((block, b) => block[(Math.floor(code / 5 ** b) % 5) - 1]);
  return count(16).map((i) => (on.includes(i) ? 1 : 0));
});

function energyOf(image: readonly number[], hidden: readonly number[]): number {
  const inputs = inputsOf(image);
  return -visibleBias * total([...image]) - total(hidden.map((h, i) => h * (inputs[i] as number)));
}
/** The input of each pixel given hidden states: how much less energy there is with that pixel alone than without any. */
const footprints = count(16).map((pixel) =>
  inputsOf(count(16).map((i) => Number(i === pixel))).map((a) => a - hiddenBias),
);
const pixelInputs = (hidden: readonly number[]): number[] =>
  footprints.map((footprint) => visibleBias + total(hidden.map((h, i) => h * (footprint[i] as number))));

const someImages = [0, 0x1234, 0xbeef, 0xffff, 0x8421].map((code) => bits(code, 16));
const imagesOf = (rows: readonly (readonly number[])[]) => tensor(Uint8Array.from(rows.flat()), [rows.length, 4, 4, 1]);
/** exp(-E) of every hidden state beside each image. */
const tables = someImages.map((image) => hiddenStates.map((h) => Math.exp(-energyOf(image, h))));

describe('a convolutional RBM of 4x4 pixels against sums over its states', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('energy of joint states, and free energy', () => {
    const params = parameters();
    for (const image of someImages) {
      const hidden = imagesOf(hiddenStates);
      const visible = imagesOf(hiddenStates.map(() => image));
      expectCloseTo(
        readSync(machine.jointEnergy(params, { visible, hidden })),
        hiddenStates.map((h) => energyOf(image, h)),
        tight,
      );
    }
    expectCloseTo(
      readSync(machine.freeEnergy(params, imagesOf(someImages))),
      tables.map((weights) => -Math.log(total(weights))),
      tight,
    );
  });

  it('means of hidden and pooling units', () => {
    const share = (weights: readonly number[], on: (h: readonly number[]) => boolean) =>
      total(weights.filter((_, i) => on(hiddenStates[i] as number[]))) / total(weights);
    expectCloseTo(
      readSync(machine.hiddenMean(parameters(), imagesOf(someImages))),
      tables.flatMap((weights) => count(16).map((i) => share(weights, (h) => h[i] === 1))),
      tight,
    );
    const pooled = machine.poolMean(parameters(), imagesOf(someImages));
    expect(pooled.shape).toEqual([someImages.length, 2, 2, 1]);
    expectCloseTo(
      readSync(pooled),
      tables.flatMap((weights) => blocks.map((block) => share(weights, (h) => block.some((i) => h[i] === 1)))),
      tight,
    );
  });

  it('mean of the image given hidden states: from the energy with each pixel off and on', () => {
    const some = [0, 77, 311, 624].map((code) => hiddenStates[code] as number[]);
    const expected = some.flatMap((h) => pixelInputs(h).map((a) => 1 / (1 + Math.exp(-a))));
    expectCloseTo(readSync(machine.visibleMean(parameters(), imagesOf(some))), expected, tight);
  });

  it('log Z: over all images by the free energy, and over all hidden states by hand', () => {
    const images = reshape(enumerate(16), [2 ** 16, 4, 4, 1]);
    const byImages = logSumExp(neg(machine.freeEnergy(parameters(), images)));
    const byHidden = hiddenStates.map((h) =>
      Math.exp(hiddenBias * total(h) + total(pixelInputs(h).map((a) => Math.log(1 + Math.exp(a))))),
    );
    expectCloseTo(readSync(byImages), [Math.log(total(byHidden))], tight);
  });

  it('gradient of the free energy: minus the expected statistics', () => {
    const image = someImages[2] as number[];
    const slope = grad((p: Parameters) => sum(machine.freeEnergy(p, imagesOf([image]))))(parameters());
    const weights = tables[2] as number[];
    const expectation = (f: (h: readonly number[]) => number) =>
      total(weights.map((w, i) => w * f(hiddenStates[i] as number[]))) / total(weights);
    const met = [0, 1, 2, 3].map((tap) => {
      const [dy, dx] = [Math.floor(tap / 2), tap % 2];
      const seen = count(16).map((i) => {
        const [y, x] = [Math.floor(i / 4) + dy, (i % 4) + dx];
        return y < 4 && x < 4 ? (image[4 * y + x] as number) : 0;
      });
      return -expectation((h) => total(h.map((on, i) => on * (seen[i] as number))));
    });
    expectCloseTo(readSync(slope.weight), met, tight);
    expectCloseTo(readSync(slope.hiddenBias), [-expectation((h) => total([...h]))], tight);
    expectCloseTo(readSync(slope.visibleBias), [-total(image)], tight);
  });

  it.each(['valid', 'same'] as const)('the way down is the transpose of the way up, with %s padding', (padding) => {
    const [n, channels, filters] = [2, 3, 2];
    const other = convolutionalRbm({ visible: gaussian(channels), size: [5, 6], filters, filterSize: [2, 3], padding });
    const params = { ...other.init(key(1)), weight: normal(key(2), [2, 3, channels, filters]) };
    const v = normal(key(3), [n, ...other.visibleShape]);
    const h = normal(key(4), [n, ...other.hiddenShape]);
    // Unit Gaussian pixels with bias 0: the mean given h is the transpose applied to h.
    const down = sum(mul(other.visibleMean(params, h), v));
    const up = sum(mul(conv2d(v, params.weight, { padding }), h));
    expectCloseTo(readSync(down), readSync(up), tight);
  });

  it('free energy of real images with several filters and channels, block by block', () => {
    const other = convolutionalRbm({
      visible: gaussian(2),
      size: [3, 4],
      filters: 2,
      filterSize: [2, 1],
      pool: [2, 2],
    });
    const params = {
      ...other.init(key(1)),
      weight: normal(key(2), [2, 1, 2, 2]),
      visibleBias: normal(key(5), [2]),
      hiddenBias: normal(key(6), [2]),
    };
    expect([other.hiddenShape, other.poolShape, other.support]).toEqual([[2, 4, 2], [1, 2, 2], 'continuous']);
    const v = normal(key(3), [1, ...other.visibleShape]);
    // Four blocks of five choices each: at filter f, columns 0 to 1 or 2 to 3.
    const states = count(625).map((code) => {
      const h = new Uint8Array(16);
      for (let b = 0; b < 4; b++) {
        const choice = (Math.floor(code / 5 ** b) % 5) - 1;
        const [f, left] = [b % 2, b < 2 ? 0 : 2];
        if (choice >= 0) h[8 * Math.floor(choice / 2) + 2 * (left + (choice % 2)) + f] = 1;
      }
      return h;
    });
    const hidden = tensor(Uint8Array.from(states.flatMap((h) => [...h])), [625, 2, 4, 2]);
    const visible = reshape(tensor(Float64Array.from(states.flatMap(() => [...readSync(v)]))), [625, 3, 4, 2]);
    const energies = readSync(other.jointEnergy(params, { visible, hidden }));
    const expected = -Math.log(total([...energies].map((e) => Math.exp(-e))));
    expectCloseTo(readSync(other.freeEnergy(params, v)), [expected], tight);
  });

  it('stays finite at inputs of 1e4', () => {
    const params = { ...parameters(), weight: tensor([1e4, 1e4, -1e4, 1e4], [2, 2, 1, 1]) };
    expect([...readSync(machine.freeEnergy(params, imagesOf(someImages)))].every(Number.isFinite)).toBe(true);
    const slope = grad((p: Parameters) => sum(machine.freeEnergy(p, imagesOf(someImages))))(params);
    expect([...readSync(slope.weight)].every(Number.isFinite)).toBe(true);
    expect([...readSync(machine.poolMean(params, imagesOf(someImages)))].every(Number.isFinite)).toBe(true);
  });
});

/** A machine with few images, so that its distribution is known: 3x3 pixels, two filters, one block of 2x2 each. */
const tiny = convolutionalRbm({ visible: bernoulli(1), size: [3, 3], filters: 2, filterSize: [2, 2], pool: [2, 2] });
const tinyWeight = smallMachine(42, 4, 2).weight.flat();
const tinyParameters = () => ({
  weight: tensor(tinyWeight, [2, 2, 1, 2]),
  visibleBias: tensor([0.2]),
  hiddenBias: tensor([-0.5, 0.3]),
});
/** The mean of each pixel, by the free energies in plain numbers. */
const pixelMeans = (() => {
  const weights = count(512).map((code) => {
    const image = bits(code, 9);
    const partition = [0, 1].map((f) => {
      const inputs = [0, 1, 3, 4].map(
        (corner) =>
          (f === 0 ? -0.5 : 0.3) +
          total(
            [0, 1, 3, 4].map((step, tap) => (image[corner + step] as number) * (tinyWeight[2 * tap + f] as number)),
          ),
      );
      return 1 + total(inputs.map(Math.exp));
    });
    return Math.exp(0.2 * total(image)) * (partition[0] as number) * (partition[1] as number);
  });
  return count(9).map((i) => total(weights.filter((_, code) => (code >> i) & 1)) / total(weights));
})();
const chains = 64;

describeKernel('the kernel of a convolutional RBM', {
  make: () => tiny.kernel(tinyParameters()),
  start: () => zeros([chains, 3, 3, 1], 'bool'),
  statistics: (images: Tensor) => reshape(cast(images, 'float32'), [chains, 9]),
  expected: pixelMeans,
  steps: 200,
  warmup: 20,
  broken: () => ({
    kernel: tiny.kernel({ ...tinyParameters(), hiddenBias: tensor([Number.NaN, 0]) }),
    start: full([3, 3, 3, 1], 1, 'bool'),
    diverges: [true, true, true],
  }),
  backends: [{ name: 'wasm', make: () => wasm({ threads: 1 }) }],
});

describe('contract', () => {
  beforeAll(async () => {
    await useBackend(reference());
  });

  it('draws at most one unit of a block, each as often as its mean says, to 5 sigma', () => {
    const draws = 5000;
    const image = someImages[1] as number[];
    const visible = imagesOf(count(draws).map(() => image));
    const hidden = machine.conditional(parameters()).sampleBlock(key(1), 'hidden', { visible });
    expect([hidden.dtype, hidden.shape]).toEqual(['bool', [draws, 4, 4, 1]]);
    const on = readSync(hidden);
    const means = readSync(machine.hiddenMean(parameters(), imagesOf([image])));
    const inBlocks = count(draws).flatMap((n) =>
      blocks.map((block) => total(block.map((i) => on[16 * n + i] as number))),
    );
    expect(Math.max(...inBlocks)).toBe(1);
    means.forEach((p, i) => {
      const share = total(count(draws).map((n) => on[16 * n + i] as number)) / draws;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws));
    });
  });

  it('is the same compiled and not, and leaves nothing behind', () => {
    const [params, images] = [machine.init(key(1)), imagesOf(someImages)];
    expect(readSync(jit(machine.energy)(params, images))).toEqual(readSync(machine.energy(params, images)));
    const features = machine.hiddenMean(params, images);
    expect(readSync(machine.reconstruct(params, images))).toEqual(readSync(machine.visibleMean(params, features)));
    const before = memory().tensors;
    scoped<Tensor>(() => machine.poolMean(params, images));
    expect(memory().tensors).toBe(before + 1);
  });

  it('says what is wrong with an argument', () => {
    const params = machine.init(key(1), { visibleMeans: [0.25] });
    expect(readSync(params.visibleBias)[0]).toBeCloseTo(Math.log(1 / 3), 5);
    expect(params.weight.shape).toEqual([2, 2, 1, 1]);
    expect(() => machine.energy(params, zeros([3, 16]))).toThrow(
      'convolutionalRbm.freeEnergy: expected [n, 4, 4, 1], got [3, 16]. Reshape rows of pixels to images with channels last.',
    );
    expect(() => machine.conditional(params).sampleBlock(key(1), 'visible', {})).toThrow(
      'convolutionalRbm.sampleBlock: hidden: expected a tensor [n, 4, 4, 1], got undefined.',
    );
    const made = (options: object) => () =>
      convolutionalRbm({ visible: bernoulli(1), size: [4, 4], filters: 2, filterSize: [2, 2], ...options });
    expect(made({ pool: [2, 2] })).toThrow(
      'convolutionalRbm: pool must divide the hidden grid of 3 x 3, got 2 x 2. Change the pool, the filters or the padding.',
    );
    expect(made({ filterSize: [5, 2] })).toThrow('filters must fit into images of 4 x 4, got filters of 5 x 2.');
    expect(made({ filters: 0 })).toThrow('filters must be a whole number of at least 1, got 0.');
    expect(made({ size: [4] })).toThrow('size must be two whole numbers of at least 1, got [4].');
    expect(made({ padding: 'full' })).toThrow('padding must be valid or same, got full.');
  });
});
