import { EbmError } from '@ebmkit/tensor';
import { expect, test } from 'vitest';
import { warmupWindows } from './warmup-windows.js';

const ends = (steps: number): number[][] => warmupWindows({ steps }).windows.map(({ begin, end }) => [begin, end]);

test.each([
  [
    1000,
    [
      [75, 100],
      [100, 150],
      [150, 250],
      [250, 450],
      [450, 950],
    ],
  ],
  [
    500,
    [
      [75, 100],
      [100, 150],
      [150, 250],
      [250, 450],
    ],
  ],
  [150, [[75, 100]]],
  [100, [[15, 90]]],
  [20, [[3, 18]]],
  [19, []],
  [0, []],
])('a warm-up of %d steps has Stan’s windows', (steps, expected) => {
  expect(ends(steps)).toEqual(expected);
});

/** Stan's `windowed_adaptation`, which counts transitions and keeps the last one of the window in hand. */
function countedWindows(steps: number): number[] {
  let [initial, base, final] = [75, 25, 50];
  if (steps < 20) return [];
  if (initial + base + final > steps) {
    initial = Math.trunc(0.15 * steps);
    final = Math.trunc(0.1 * steps);
    base = steps - (initial + final);
  }
  let [size, next] = [base, initial + base - 1];
  const found: number[] = [];
  for (let counter = 0; counter < steps; counter++) {
    if (counter !== next) continue;
    found.push(counter + 1);
    if (next === steps - final - 1) continue;
    size *= 2;
    next = counter + size;
    if (next === steps - final - 1) continue;
    if (next + 2 * size >= steps - final) next = steps - final - 1;
  }
  return found;
}

test('the windows end where Stan’s counter ends them, for every length', () => {
  for (let steps = 0; steps <= 1300; steps++)
    expect(warmupWindows({ steps }).windows.map(({ end }) => end)).toEqual(countedWindows(steps));
});

test('windows follow each other without gaps', () => {
  for (const steps of [20, 137, 400, 999, 4000]) {
    const { windows } = warmupWindows({ steps });
    for (const [i, window] of windows.slice(1).entries()) expect(window.begin).toBe(windows[i]?.end);
  }
});

test('refuses lengths that are not whole', () => {
  expect(() => warmupWindows({ steps: 10.5 })).toThrow(EbmError);
  expect(() => warmupWindows({ steps: 100, first: 0 })).toThrow(/first must be a whole number of at least 1/);
});
