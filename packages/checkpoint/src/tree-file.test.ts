import {
  free,
  fromPlain,
  isKey,
  isPlainTensor,
  isTensor,
  key,
  memory,
  reference,
  type Tensor,
  type Tree,
  tensor,
  toPlain,
  useBackend,
  withBackend,
} from '@ebmkit/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeSafetensors, decodeTree, encodeSafetensors, encodeTree } from './index.js';

const leaf = fc.oneof(
  fc.double(),
  fc.boolean(),
  fc.string(),
  fc.constant(null),
  fc.constant(undefined),
  fc.integer({ min: 0, max: 2 ** 40 }).map((seed) => key(seed)),
  fc.array(fc.float(), { maxLength: 4 }).map((values) => ({
    dtype: 'float32' as const,
    shape: [values.length],
    data: Float32Array.from(values),
  })),
);
const name = fc.string({ maxLength: 6 }).map((text) => text.replaceAll('.', '_'));
const { tree: plainTree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
  ),
}));

describe('trees', () => {
  it('come back equal, with keys and constants, and equal trees give equal bytes', async () => {
    await fc.assert(
      fc.asyncProperty(plainTree, async (tree) => {
        const bytes = await encodeTree(tree, { note: 'x' });
        const decoded = decodeTree(bytes);
        expect(decoded.tree).toStrictEqual(withPlainPrototypes(tree));
        expect(decoded.metadata).toEqual({ note: 'x' });
        expect(await encodeTree(decoded.tree, { note: 'x' })).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });

  it('name tensors by their paths and read them back as tensors', async () => {
    const before = memory().tensors;
    const tree = {
      layers: [{ weights: tensor([[1, 2]]) }, { weights: tensor([[3]]) }],
      mask: tensor([true, false]),
      counts: tensor(new Int32Array([4])),
      seed: key(9),
      rate: 0.5,
    };
    const bytes = await encodeTree(tree);
    expect(Object.keys(decodeSafetensors(bytes).tensors).sort()).toEqual([
      'counts',
      'layers.0.weights',
      'layers.1.weights',
      'mask',
    ]);
    const plain = decodeTree<typeof tree>(bytes).tree;
    expect(plain).toEqual(await toPlain(tree));
    const uploaded = fromPlain(plain);
    expect(uploaded.mask.dtype).toBe('bool');
    expect(uploaded.layers.map(({ weights }: { weights: Tensor }) => weights.shape)).toEqual([
      [1, 2],
      [1, 1],
    ]);
    expect(isTensor(uploaded.counts) && isKey(uploaded.seed)).toBe(true);
    expect(await toPlain(uploaded)).toEqual(plain);
    free([tree, uploaded]);
    expect(memory().tensors).toBe(before);
  });

  it('keep the bits of single tensors, prototypes and odd numbers', async () => {
    const odd = { zero: -0, nan: Number.NaN, infinite: Number.NEGATIVE_INFINITY, $: 'x', 7: 1, none: undefined };
    const { tree } = decodeTree(await encodeTree(odd));
    expect(tree).toStrictEqual(odd);
    expect(decodeTree(await encodeTree(tensor([1.5]))).tree).toEqual({
      dtype: 'float32',
      shape: [1],
      data: new Float32Array([1.5]),
    });
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}}') as Tree;
    const back = decodeTree(await encodeTree(hostile)).tree as object;
    expect(Object.keys(back)).toEqual(['__proto__']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('from another program are one flat object', () => {
    const data = new Float32Array([1]);
    const bytes = encodeSafetensors({ 'a.b': { dtype: 'float32', shape: [1], data } }, { format: 'pt' });
    const { tree, metadata } = decodeTree(bytes);
    expect(tree).toEqual({ 'a.b': { dtype: 'float32', shape: [1], data } });
    expect(metadata).toEqual({ format: 'pt' });
    expect(isPlainTensor((tree as Record<string, unknown>)['a.b'])).toBe(true);
  });
});

describe('precision', () => {
  afterEach(async () => {
    await useBackend(reference());
  });

  it('double precision comes back in full', async () => {
    const backend = reference({ precision: 'float64' });
    const bytes = await encodeTree({ x: withBackend(backend, () => tensor([Math.PI])) });
    const { tree } = decodeTree<{ x: Tensor }>(bytes);
    expect([...tree.x.data]).toEqual([Math.PI]);
    await useBackend(backend);
    expect([...(await toPlain(fromPlain(tree))).x.data]).toEqual([Math.PI]);
  });
});

describe('errors', () => {
  it('say which leaf cannot be stored', async () => {
    await expect(encodeTree({ a: [new Map()] })).rejects.toThrow('got Map at "a.0"');
    await expect(encodeTree({ a: () => 1 })).rejects.toThrow('got function at "a"');
    await expect(encodeTree({}, { 'ebmkit.structure': '' })).rejects.toThrow('is taken');
  });

  it('refuse two tensors of one path', async () => {
    await expect(encodeTree({ 'a.b': tensor([1]), a: { b: tensor([2]) } })).rejects.toThrow(
      'two tensors have the path "a.b"',
    );
  });

  it.each([
    ['must be JSON', '{'],
    ['not in the file', '{"$":"tensor","name":"w"}'],
    ['not in the file', '{"$":"tensor","name":"toString"}'],
    ['two words', '{"$":"key","words":3}'],
    ['does not know', '{"$":"later"}'],
  ])('a damaged structure: %s', (message, structure) => {
    const bytes = encodeSafetensors({}, { 'ebmkit.structure': structure });
    expect(() => decodeTree(bytes)).toThrow(message);
  });
});

/** fast-check makes objects without a prototype; trees come back as ordinary objects. */
function withPlainPrototypes(value: unknown): unknown {
  if (isPlainTensor(value) || isKey(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withPlainPrototypes);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withPlainPrototypes(v)]));
}
