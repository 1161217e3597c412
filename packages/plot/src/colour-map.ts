/**
 * Names of the colour maps.
 *
 * - `grey`: black to white, for pixel intensities drawn as a screen shows them.
 * - `ink`: white to black, for intensities drawn as ink on paper.
 * - `diverging`: blue over near-white to red, for signed values such as the filters of a Boltzmann machine.
 * - `viridis`, `magma`: perceptually uniform, dark to light, for energies and densities.
 */
export type ColourMapName = 'grey' | 'ink' | 'diverging' | 'viridis' | 'magma';

const anchors: Readonly<Record<ColourMapName, readonly string[]>> = {
  grey: ['000000', 'ffffff'],
  ink: ['ffffff', '000000'],
  diverging: '053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f'.split(' '),
  viridis: '440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725'.split(' '),
  magma: '000004 140e36 3b0f70 641a80 8c2981 b73779 de4968 f7705c fe9f6d fecf92 fcfdbf'.split(' '),
};

/** The colour of a value that is not a number, or infinite: a magenta that no colour map holds. */
export const nonFiniteColour = [255, 0, 255] as const;

/** The names of all colour maps, for messages. */
export const colourMapNames = Object.keys(anchors) as ColourMapName[];

/** The colours of a map as 256 RGB triples in one array of 768 bytes, interpolated linearly between its anchors. */
export function colourTable(name: ColourMapName): Uint8Array {
  const stops = anchors[name].map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8Array(768);
  for (let level = 0; level < 256; level += 1) {
    const position = (level / 255) * (stops.length - 1);
    const below = Math.min(Math.floor(position), stops.length - 2);
    for (let channel = 0; channel < 3; channel += 1) {
      const from = stops[below]?.[channel] ?? 0;
      const to = stops[below + 1]?.[channel] ?? 0;
      table[level * 3 + channel] = Math.round(from + (to - from) * (position - below));
    }
  }
  return table;
}

/** The level, 0 to 255, of a finite value in a range; values outside get the level of the nearer end. */
export function colourLevel(value: number, [low, high]: readonly [number, number]): number {
  if (low === high) return value < low ? 0 : value > high ? 255 : 128;
  const halve = Number.isFinite(high - low) ? 1 : 0.5;
  const position = (value * halve - low * halve) / (high * halve - low * halve);
  return Math.round(Math.min(1, Math.max(0, position)) * 255);
}
