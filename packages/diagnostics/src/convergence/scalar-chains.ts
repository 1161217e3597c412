import type { Chains } from './chains.js';

/**
 * Cuts a flat array of draws into the chains of each scalar, which is the form that every diagnostic takes.
 *
 * Element `[step, chain, ...event]` is read at its row-major place. Cost: one copy of the draws.
 *
 * @param draws - the flat draws, row-major, of shape `[steps, chains, ...event]`
 * @param shape - `[steps, chains, ...event]`; with two entries the event is one scalar
 * @returns one {@link Chains} per scalar of the event, in row-major order of the event; each holds `chains` arrays of
 * `steps` numbers
 * @throws RangeError when `shape` has fewer than two entries or does not have as many elements as `draws`
 * @example
 * ```ts
 * // 1000 steps of 4 chains of a vector with 3 components
 * const [first, second, third] = scalarChains(draws, [1000, 4, 3]);
 * ```
 */
export function scalarChains(draws: ArrayLike<number>, shape: readonly number[]): Chains[] {
  const { steps, chains, scalars } = readShape(draws, shape);
  return Array.from({ length: scalars }, (_, scalar) =>
    Array.from({ length: chains }, (_, chain) => {
      const series = new Float64Array(steps);
      for (let step = 0; step < steps; step++) {
        series[step] = draws[(step * chains + chain) * scalars + scalar] ?? Number.NaN;
      }
      return series;
    }),
  );
}

function readShape(draws: ArrayLike<number>, shape: readonly number[]) {
  const [steps, chains, ...event] = shape;
  if (steps === undefined || chains === undefined || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new RangeError(
      `scalarChains: expected a shape [steps, chains, ...event] of whole numbers, got [${shape.join(', ')}]. ` +
        'Give the sizes of the axes of the draws.',
    );
  }
  const scalars = event.reduce((product, size) => product * size, 1);
  if (steps * chains * scalars !== draws.length) {
    throw new RangeError(
      `scalarChains: expected ${steps * chains * scalars} draws for the shape [${shape.join(', ')}], ` +
        `got ${draws.length}. Check the order and the sizes of the axes.`,
    );
  }
  return { steps, chains, scalars };
}
