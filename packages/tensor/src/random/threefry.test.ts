import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { threefry } from './threefry.js';

type Words = [number, number];

const { threefry: transcribed } = JSON.parse(
  readFileSync(new URL('../../fixtures/streams.json', import.meta.url), 'utf8'),
) as { readonly threefry: readonly { key: Words; counter: Words; words: Words }[] };

describe('threefry', () => {
  test.each<[string, Words, Words, Words]>([
    ['zeros', [0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    ['ones', [0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    ['the digits of pi', [0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], [0xc4923a9c, 0x483df7a0]],
  ])('gives the known answer of Random123 for %s', (_, key, [c0, c1], words) => {
    expect(threefry(key, c0, c1)).toEqual(words);
  });

  test('equals a transcription of the published algorithm', () => {
    for (const { key, counter, words } of transcribed) expect(threefry(key, ...counter)).toEqual(words);
  });

  test('takes words of either sign as the same bits', () => {
    expect(threefry([-1, -1], -1, -1)).toEqual(threefry([0xffffffff, 0xffffffff], 0xffffffff, 0xffffffff));
  });
});
