import { encode } from 'fast-png';

/** An RGB image: three bytes for each pixel, row by row from the top left. */
export interface RgbImage {
  /** Pixels in a row. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
  /** The bytes: red, green and blue of each pixel. */
  readonly data: Uint8Array;
}

/** The bytes of a PNG file; an image without colour is stored as greys, which takes a third of the room. */
export function encodePng({ width, height, data }: RgbImage): Uint8Array {
  const pixels = width * height;
  const greys = new Uint8Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const red = data[pixel * 3] ?? 0;
    if (red !== data[pixel * 3 + 1] || red !== data[pixel * 3 + 2]) return encode({ width, height, data, channels: 3 });
    greys[pixel] = red;
  }
  return encode({ width, height, data: greys, channels: 1 });
}

/** The image with every pixel repeated `factor` times in both directions. */
export function enlarge({ width, height, data }: RgbImage, factor: number): RgbImage {
  if (factor === 1) return { width, height, data };
  const large = new Uint8Array(width * factor * height * factor * 3);
  const rowBytes = width * factor * 3;
  for (let row = 0; row < height; row += 1) {
    const start = row * factor * rowBytes;
    for (let column = 0; column < width * factor; column += 1) {
      const from = (row * width + Math.floor(column / factor)) * 3;
      large.set(data.subarray(from, from + 3), start + column * 3);
    }
    for (let copy = 1; copy < factor; copy += 1) large.copyWithin(start + copy * rowBytes, start, start + rowBytes);
  }
  return { width: width * factor, height: height * factor, data: large };
}

/** PNG bytes as a `data:` address, which SVG and HTML embed. */
export function pngAddress(png: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < png.length; start += 8192) {
    binary += String.fromCharCode(...png.subarray(start, start + 8192));
  }
  return `data:image/png;base64,${btoa(binary)}`;
}
