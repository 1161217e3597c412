import { describe, expect, it } from 'vitest';
import { toInferenceData } from '../index.js';

/** Draw [step, chain, event] is 100 step + 10 chain + event. */
const draws = {
  data: Float32Array.from(
    { length: 3 * 2 * 4 },
    (_, i) => 100 * Math.floor(i / 8) + 10 * (Math.floor(i / 4) % 2) + (i % 4),
  ),
  shape: [3, 2, 2, 2],
};

describe('toInferenceData', () => {
  it('puts chains before steps and names the axes as ArviZ does', () => {
    const { posterior } = toInferenceData({ draws });
    expect(posterior.variables.x).toEqual({
      dims: ['chain', 'draw', 'x_dim_0', 'x_dim_1'],
      shape: [2, 3, 2, 2],
      data: Float32Array.of(
        ...[0, 1, 2, 3, 100, 101, 102, 103, 200, 201, 202, 203].flatMap((v) => v),
        ...[10, 11, 12, 13, 110, 111, 112, 113, 210, 211, 212, 213],
      ),
    });
    expect(posterior.coords).toEqual({
      chain: Int32Array.of(0, 1),
      draw: Int32Array.of(0, 1, 2),
      x_dim_0: Int32Array.of(0, 1),
      x_dim_1: Int32Array.of(0, 1),
    });
  });

  it('takes names and labels of axes', () => {
    const { posterior } = toInferenceData(
      { draws: { w: draws } },
      { dims: { w: ['row', 'column'] }, coords: { row: ['a', 'b'], column: [0.5, 1.5], chain: [3, 7] } },
    );
    expect(posterior.variables.w?.dims).toEqual(['chain', 'draw', 'row', 'column']);
    expect(posterior.coords).toMatchObject({
      row: ['a', 'b'],
      column: Float64Array.of(0.5, 1.5),
      chain: Int32Array.of(3, 7),
    });
  });

  it('turns statistics with the draws: lp is minus the energy', () => {
    const stats = { energies: Float32Array.of(1, 2, 3, 4, 5, 6), acceptanceRate: [0.5, 0.75], diverged: [0, 2] };
    const { variables } = toInferenceData({ draws, stats }, { divergences: [0, 1, 0, 0, 1, 0] }).sample_stats;
    expect(variables.lp).toEqual({
      dims: ['chain', 'draw'],
      shape: [2, 3],
      data: Float32Array.of(-1, -3, -5, -2, -4, -6),
    });
    expect(variables.diverging).toMatchObject({ data: Int8Array.of(0, 0, 1, 1, 0, 0), boolean: true });
    expect(variables.acceptance_rate).toMatchObject({ dims: ['chain'], data: Float64Array.of(0.5, 0.75) });
    expect(variables.diverged_moves?.data).toEqual(Int32Array.of(0, 2));
  });

  it('leaves out what is not known, and keeps the precision of numbers', () => {
    const { sample_stats, posterior } = toInferenceData({
      draws: { a: { data: [0.1, 0.2], shape: [2, 1] }, b: { data: Uint8Array.of(1, 0), shape: [2, 1] } },
      stats: { energies: new Float32Array(0) },
    });
    expect(sample_stats.variables).toEqual({});
    expect(posterior.variables.a?.data).toEqual(Float64Array.of(0.1, 0.2));
    expect(posterior.variables.b?.data).toEqual(Int32Array.of(1, 0));
  });

  it.each([
    [{ draws: { data: [], shape: [0, 2] } }, {}, 'expected at least one draw of one chain, got 0 steps of 2 chains'],
    [{ draws }, { dims: { y: ['a'] } }, 'dims names the array "y", but the draws have x'],
    [{ draws }, { dims: { x: ['a'] } }, 'expected 2 names of axes for x [2, 2], got 1'],
    [{ draws }, { dims: { x: ['a', 'chain'] } }, '"chain" is the name of an axis and of something else'],
    [{ draws: { draw: draws } }, {}, '"draw" is the name of an axis and of something else'],
    [{ draws: { 'a/b': draws } }, {}, 'expected names that are not empty and have no slash, got "a/b"'],
    [{ draws }, { coords: { y: [1] } }, 'coords names the axis "y"'],
    [{ draws }, { coords: { chain: [1] } }, 'expected 2 labels for the axis "chain", got 1'],
    [
      { draws: { a: draws, b: { data: new Float32Array(18), shape: [3, 2, 3] } } },
      { dims: { a: ['i', 'j'], b: ['i'] } },
      'the axis "i" to have one size of at least 1, got 2 and 3',
    ],
    [{ draws, stats: { energies: [1] } }, {}, 'expected 6 numbers in stats.energies, got 1'],
    [{ draws }, { divergences: [1] }, 'expected 6 numbers in divergences, got 1'],
  ])('refuses what does not fit: %j %j', (run, options, message) => {
    expect(() => toInferenceData(run, options)).toThrow(message);
  });
});
