/**
 * A finished picture: plain data that can be stored, sent to a worker or put into a report.
 *
 * The `svg` string stands alone (it can be written to a file or inlined in a page). Its colours are CSS variables with
 * fallbacks: alone it is drawn on white; inside {@link htmlReport} it follows the light or dark theme of the reader.
 */
export interface Picture {
  /** Width of the picture, in CSS pixels. */
  readonly width: number;
  /** Height of the picture, in CSS pixels. */
  readonly height: number;
  /** The picture as one SVG document without an XML declaration. */
  readonly svg: string;
  /** One sentence that says what is drawn, for screen readers and as alternative text. */
  readonly description: string;
  /** What the data had that could not be drawn as it is, such as the number of NaN values; empty when all was well. */
  readonly notes: readonly string[];
}

/** A picture made of pixels only, so that its PNG needs no rasteriser. */
export interface RasterPicture extends Picture {
  /** The whole picture as the bytes of a PNG file of `width` by `height` pixels. */
  readonly png: Uint8Array;
}
