import { EbmError, fillUniform, fold, type Key } from '@ebmkit/tensor';

/** Exact independent draws from an even one-dimensional density. */
export type DrawMany = (key: Key, count: number) => Float64Array;

/**
 * Exact draws from the even density $`e^{-E(x)}`$ by rejection under a staircase: on each of many cells the density stays below
 * the larger of its values at the ends, because it is monotone there. Nearly every proposal is accepted.
 *
 * @param energy - The even energy, falling from 0 to `minimum` and rising beyond.
 * @param minimum - Where the energy is least; one end of a cell.
 * @param end - Where $`e^{-E}`$ is 0 for all purposes.
 * @param cells - How many steps the staircase has on each side of the minimum; fewer reject more.
 */
export function staircaseRejection(
  energy: (x: number) => number,
  minimum: number,
  end: number,
  cells = 1024,
): DrawMany {
  const edges = Float64Array.from({ length: 2 * cells + 1 }, (_, i) =>
    i <= cells ? (minimum * i) / cells : minimum + ((end - minimum) * (i - cells)) / cells,
  );
  const density = edges.map((x) => Math.exp(-energy(x)));
  const heights = Float64Array.from({ length: 2 * cells }, (_, i) =>
    Math.max(density[i] as number, density[i + 1] as number),
  );
  const running = new Float64Array(2 * cells);
  let total = 0;
  heights.forEach((height, i) => {
    total += height * ((edges[i + 1] as number) - (edges[i] as number));
    running[i] = total;
  });

  const propose = (u: Float64Array, at: number): number | undefined => {
    const mass = (u[at] as number) * total;
    let [low, high] = [0, 2 * cells - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((running[middle] as number) > mass) high = middle;
      else low = middle + 1;
    }
    const [left, right] = [edges[low] as number, edges[low + 1] as number];
    const x = left + (u[at + 1] as number) * (right - left);
    if ((u[at + 2] as number) * (heights[low] as number) >= Math.exp(-energy(x))) return undefined;
    return (u[at + 3] as number) < 0.5 ? -x : x;
  };

  return (key, count) => {
    if (!('words' in key))
      throw new EbmError(
        'trace',
        'doubleWell.draw: rejection needs the numbers of its key, so it cannot run inside jit().',
      );
    const out = new Float64Array(count);
    for (let round = 0, made = 0; made < count; round++) {
      const u = new Float64Array(4 * (count - made));
      fillUniform(fold(key, round).words, u);
      for (let at = 0; at < u.length; at += 4) {
        const x = propose(u, at);
        if (x !== undefined) out[made++] = x;
      }
    }
    return out;
  };
}
