import type { AnnealedEstimate } from '@ebmkit/samplers';

/** Writes a line of progress to standard error. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Seconds between two lines of progress of one task. */
const pause = 30;

/** A function that says a line, but none within 30 seconds of the last one unless it is the end. */
export function sparingly(): (line: string, isEnd: boolean) => void {
  let last = performance.now();
  return (line, isEnd) => {
    if (performance.now() - last < 1000 * pause && !isEnd) return;
    last = performance.now();
    say(line);
  };
}

/** Milliseconds as text. */
export function showSeconds(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What is known of a mean, in one line. */
export interface Figure {
  /** The value. */
  readonly mean: number;
  /** Its standard error. */
  readonly standardError: number;
  /** The value at the upper end of log Z. */
  readonly lower?: number;
  /** The value at the lower end of log Z. */
  readonly upper?: number;
}

/** A figure with its standard error, and its bracket where there is one. */
export function showFigure({ mean, standardError, lower, upper }: Figure): string {
  const ends = [lower ?? Number.NEGATIVE_INFINITY, upper ?? Number.POSITIVE_INFINITY].map((x) => x.toFixed(2));
  return `${mean.toFixed(2)} ± ${standardError.toFixed(2)} [${ends.join(', ')}]`;
}

/** An estimate of log Z in one line. */
export function showLogZ({ logZ, standardError, ess, forward, reverse }: AnnealedEstimate): string {
  const both = reverse ? `, forward ${forward.logZ.toFixed(2)}, reverse ${reverse.logZ.toFixed(2)}` : '';
  return `${logZ.toFixed(2)} ± ${standardError.toFixed(2)} (effective chains ${ess.toFixed(1)}${both})`;
}
