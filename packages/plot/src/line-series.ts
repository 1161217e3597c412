/** One line of a line chart. */
export interface LineSeries {
  /** The name shown in the legend; an empty name is left out of it. */
  readonly name: string;
  /** Horizontal positions in the order in which the points are joined; 1, 2, 3, … when left out. */
  readonly x?: ArrayLike<number>;
  /** Vertical positions, one for each x. */
  readonly y: ArrayLike<number>;
  /** A shaded band around the line, such as the mean plus and minus its standard error. */
  readonly band?: {
    /** The lower edge, one value for each point. */
    readonly lower: ArrayLike<number>;
    /** The upper edge, one value for each point. */
    readonly upper: ArrayLike<number>;
  };
}

/** A series whose horizontal positions are known. */
export type FullLineSeries = LineSeries & { readonly x: ArrayLike<number> };
