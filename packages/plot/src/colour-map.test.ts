import { describe, expect, it } from 'vitest';
import { colourLevel, colourMapNames, colourTable, nonFiniteColour } from './colour-map.js';

describe('colourTable', () => {
  it('starts and ends with the outer anchors', () => {
    const viridis = colourTable('viridis');
    expect([...viridis.slice(0, 3)]).toEqual([0x44, 0x01, 0x54]);
    expect([...viridis.slice(765)]).toEqual([0xfd, 0xe7, 0x25]);
    expect(colourTable('grey')[3 * 100]).toBe(100);
    expect(colourTable('ink')[3 * 100]).toBe(155);
  });

  it('holds the colour of non-finite values in no map', () => {
    for (const name of colourMapNames) {
      const table = colourTable(name);
      for (let at = 0; at < 768; at += 3) expect([...table.slice(at, at + 3)]).not.toEqual([...nonFiniteColour]);
    }
  });

  it('gets lighter all the way in the perceptual maps', () => {
    for (const name of ['viridis', 'magma', 'grey'] as const) {
      const table = colourTable(name);
      const light = Array.from({ length: 256 }, (_, i) => {
        const [red = 0, green = 0, blue = 0] = table.slice(i * 3, i * 3 + 3);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      });
      for (let level = 8; level < 256; level += 8) expect(light[level]).toBeGreaterThan(light[level - 8] ?? 0);
    }
  });
});

describe('colourLevel', () => {
  it('maps the range to 0…255 and keeps to its ends', () => {
    expect([-1, 0, 1, 2, 5].map((value) => colourLevel(value, [0, 2]))).toEqual([0, 0, 128, 255, 255]);
    expect(colourLevel(0, [-1e308, 1e308])).toBe(128);
    expect(colourLevel(5e-324, [0, 5e-324])).toBe(255);
  });
});
