import type { Picture, RasterPicture } from './picture.js';

/** How {@link toPng} rasterises. */
export interface ToPngOptions {
  /** How many pixels one CSS pixel takes in both directions, 2 unless told (sharp on most screens and in print). */
  readonly scale?: number;
  /**
   * Paths of TrueType or OpenType font files for the text. Left out, the fonts installed on the system are used; given,
   * only these are, so that the result is the same on every machine.
   */
  readonly fontFiles?: readonly string[];
}

/**
 * Makes the PNG of a picture.
 *
 * Image grids carry their PNG and give it back as it is (`scale` and fonts do not apply). Every other picture is
 * rasterised by the optional package `@resvg/resvg-js`, in the colours for white paper, in Node only.
 *
 * @param picture - a picture of any function of this package
 * @param options - the resolution and the fonts
 * @returns the bytes of a PNG file
 * @throws Error when `@resvg/resvg-js` is not installed, or no font is found for the text
 * @throws RangeError when `scale` is not a number from 0.1 to 20
 */
export async function toPng(picture: Picture | RasterPicture, options: ToPngOptions = {}): Promise<Uint8Array> {
  const { scale = 2, fontFiles } = options;
  if (!(scale >= 0.1 && scale <= 20)) {
    throw new RangeError(`toPng: scale must be a number from 0.1 to 20, got ${scale}. Leave it out for 2.`);
  }
  if ('png' in picture) return picture.png;
  const { Resvg } = await loadRasteriser();
  const font = fontFiles ? { loadSystemFonts: false, fontFiles: [...fontFiles] } : { loadSystemFonts: true };
  const probe = '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><text x="9" y="50">energy</text></svg>';
  if (new Resvg(probe, { font }).getBBox() === undefined) {
    throw new Error(
      `toPng: a font is required to draw text, and none was found ${fontFiles ? `in ${fontFiles.join(', ')}` : 'on this system'}. Pass fontFiles: ['/path/to/a-font.ttf'].`,
    );
  }
  const rendered = new Resvg(withoutVariables(picture.svg), { font, fitTo: { mode: 'zoom', value: scale } }).render();
  return new Uint8Array(rendered.asPng());
}

/** Loaded by a name in a variable, so that bundlers of pages that never rasterise do not look for the package. */
async function loadRasteriser(): Promise<typeof import('@resvg/resvg-js')> {
  const name = '@resvg/resvg-js';
  try {
    return (await import(/* @vite-ignore */ name)) as typeof import('@resvg/resvg-js');
  } catch (cause) {
    throw new Error(
      'toPng: the optional package @resvg/resvg-js is required to rasterise this picture, and it could not be loaded. Run `npm install @resvg/resvg-js`, or use picture.svg.',
      { cause },
    );
  }
}

/** The markup with every CSS variable replaced by its fallback, within tags only: texts stay as they are. */
function withoutVariables(svg: string): string {
  return svg.replace(/<[^>]*>/g, (tag) => tag.replace(/var\(--ebm-[\w-]+, ([^()]*)\)/g, '$1'));
}
