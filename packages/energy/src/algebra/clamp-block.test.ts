import { bernoulli, key, readSync, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type BlockConditional, clampBlock } from '../index.js';

/** Copies one block to the other. */
const copier: BlockConditional<'visible' | 'hidden'> = {
  blocks: ['hidden', 'visible'],
  sampleBlock: (k, block, x) => bernoulli(k, (block === 'hidden' ? x.visible : x.hidden) as Tensor),
  finite: ({ visible }) => visible as Tensor,
};
const mask = tensor([true, false]);
const value = tensor(true);
const numbers = (x: Tensor): number[] => Array.from(readSync(x));

describe('clampBlock', () => {
  const clamped = clampBlock(copier, 'visible', mask, value);

  test('draws of the block hold the values, and stay bool', () => {
    const visible = clamped.sampleBlock(key(1), 'visible', { hidden: zeros([3, 2], 'bool') });
    expect(numbers(visible)).toEqual([1, 0, 1, 0, 1, 0]);
    expect(visible.dtype).toBe('bool');
  });

  test('the other blocks are drawn, and judged finite, given a block that holds them', () => {
    const visible = zeros([2, 2], 'bool');
    expect(numbers(clamped.sampleBlock(key(1), 'hidden', { visible }))).toEqual([1, 0, 1, 0]);
    expect(numbers((clamped.finite as NonNullable<typeof clamped.finite>)({ visible }))).toEqual([1, 0, 1, 0]);
    expect(numbers(copier.sampleBlock(key(1), 'hidden', { visible }))).toEqual([0, 0, 0, 0]);
  });

  test('real values make the block real, and keep their greys', () => {
    const grey = clampBlock(copier, 'visible', mask, 0.5).sampleBlock(key(1), 'visible', {
      hidden: zeros([1, 2], 'bool'),
    });
    expect(grey.dtype).toBe('float32');
    expect(numbers(grey)).toEqual([0.5, 0]);
  });

  test('keeps the names of the blocks and refuses others', () => {
    expectTypeOf(clamped).toEqualTypeOf<BlockConditional<'visible' | 'hidden'>>();
    expect(clamped.blocks).toEqual(['hidden', 'visible']);
    const { blocks, sampleBlock } = copier;
    expect(clampBlock({ blocks, sampleBlock }, 'hidden', mask, value)).not.toHaveProperty('finite');
    // @ts-expect-error there is no such block
    expect(() => clampBlock(copier, 'top', mask, value)).toThrow(
      /clampBlock: the model has the blocks hidden, visible, got top/,
    );
    expect(() => clampBlock(copier, 'hidden', tensor([1]), value)).toThrow(
      /the mask must be a bool tensor, got float32/,
    );
  });
});
