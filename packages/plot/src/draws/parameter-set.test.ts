import { describe, expect, it } from 'vitest';
import { autoregressive } from '../../fixtures/draws-for-tests.js';
import { readParameters } from './parameter-set.js';

const draws = { data: Float32Array.from({ length: 5 * 2 * 6 }, (_, i) => i), shape: [5, 2, 2, 3] };
const names = (options: Parameters<typeof readParameters>[1], most = 20) =>
  readParameters('tracePlot', options, most).shown.map(({ name }) => name);

describe('readParameters', () => {
  it('names scalars by path and indices', () => {
    expect(names({ draws })).toEqual(['x[0, 0]', 'x[0, 1]', 'x[0, 2]', 'x[1, 0]', 'x[1, 1]', 'x[1, 2]']);
    const scalar = { data: new Float32Array(10), shape: [5, 2] };
    expect(names({ draws: { a: scalar, b: [draws] } }).slice(0, 3)).toEqual(['a', 'b[0][0, 0]', 'b[0][0, 1]']);
    expect(names({ draws: scalar, name: 'theta' })).toEqual(['theta']);
  });

  it('reads the right numbers', () => {
    const { shown } = readParameters('tracePlot', { draws, parameters: ['x[1,2]'] }, 1);
    expect(shown[0]?.chains()).toEqual([Float64Array.of(5, 17, 29, 41, 53), Float64Array.of(11, 23, 35, 47, 59)]);
  });

  it('takes names in the order asked for, arrays as all their scalars', () => {
    expect(names({ draws, parameters: ['x[1, 0]', 'x[0, 0]'] }, 1)).toEqual(['x[1, 0]', 'x[0, 0]']);
    expect(names({ draws: { v: draws }, parameters: ['v'] })).toHaveLength(6);
  });

  it('shows the worst when there are too many, and says so', () => {
    const bad = autoregressive(3, [0.2, 0.99, 0, 0.9], 4, 400);
    const constant = { data: new Float32Array(1600).fill(3), shape: [400, 4] };
    const { shown, notes } = readParameters('tracePlot', { draws: { x: bad, c: constant }, maxParameters: 2 }, 9);
    expect(shown.map(({ name }) => name)).toEqual(['x[1]', 'x[3]']);
    expect(notes).toEqual(['Shown are the 2 scalars of 5 with the worst R-hat and ESS.']);
    const broken = { ...bad, data: bad.data.map((value, i) => (i === 8 ? Number.NaN : value)) };
    expect(names({ draws: broken, maxParameters: 1 })).toEqual(['x[0]']);
  });

  it.each([
    [{ draws, parameters: ['y'] }, 'tracePlot: parameters must be names of the draws, such as x[1, 2], got "y"'],
    [{ draws, parameters: ['x[2, 0]'] }, 'got "x[2, 0]"'],
    [{ draws, maxParameters: 0 }, 'maxParameters must be a whole number of at least 1, got 0'],
    [
      { draws: { data: [], shape: [0, 2, 3] } },
      'draws must hold at least one draw of one chain, got 0 steps of 2 chains',
    ],
    [{ draws: { data: [1, 2], shape: [3] } }, 'expected a shape [steps, chains, ...event]'],
  ])('refuses what it cannot find: %j', (options, message) => {
    expect(() => readParameters('tracePlot', options, 5)).toThrow(message);
  });
});
