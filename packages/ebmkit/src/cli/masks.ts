/** The parts of an image that can be hidden, by name. */
export const maskNames = ['bottom', 'top', 'left', 'right', 'centre'] as const;

/** The part of an image to fill in. */
export type MaskName = (typeof maskNames)[number];

/**
 * Which pixels stay known when a part is hidden.
 *
 * @param hidden - The part: a half, or the middle third both ways.
 * @param height - Rows of the image.
 * @param width - Columns.
 * @returns 1 for every known pixel.
 */
export function knownPixels(hidden: MaskName, height: number, width: number): Uint8Array {
  const inside: Record<MaskName, (row: number, column: number) => boolean> = {
    bottom: (row) => row >= height / 2,
    top: (row) => row < height / 2,
    left: (_, column) => column < width / 2,
    right: (_, column) => column >= width / 2,
    centre: (row, column) =>
      row >= height / 3 && row < (2 * height) / 3 && column >= width / 3 && column < (2 * width) / 3,
  };
  return Uint8Array.from({ length: height * width }, (_, i) =>
    inside[hidden](Math.floor(i / width), i % width) ? 0 : 1,
  );
}
