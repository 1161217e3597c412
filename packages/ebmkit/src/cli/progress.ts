import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a task is, on standard error. */
export interface Progress {
  /** Says how many of the total are done, with a short note such as the latest loss. */
  readonly update: (done: number, note?: string) => void;
  /** Ends the line. */
  readonly stop: () => void;
}

/** Seconds as `1 min 20 s`. */
export function showSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A line of text every ten seconds, for logs and pipes. */
function plainProgress(title: string, total: number): Progress {
  const start = performance.now();
  let last = start;
  return {
    update: (done, note = '') => {
      const now = performance.now();
      if (now - last < 10_000 && done < total) return;
      last = now;
      const left = done > 0 ? ((now - start) / 1000) * (total / done - 1) : Number.NaN;
      const rest = Number.isFinite(left) && done < total ? `, about ${showSeconds(left)} left` : '';
      process.stderr.write(`${title}: ${Math.floor((100 * done) / total)} %${rest}${note ? `, ${note}` : ''}\n`);
    },
    stop: () => undefined,
  };
}

/**
 * Starts a progress bar, or lines every ten seconds where standard error is not a terminal.
 *
 * @param title - What is being done.
 * @param total - How many units it takes.
 * @returns The bar.
 */
export function startProgress(title: string, total: number): Progress {
  if (!process.stderr.isTTY) return plainProgress(title, total);
  const bar = new SingleBar(
    { format: `${title} [{bar}] {percentage} % | {eta_formatted} left | {note}`, hideCursor: true, etaBuffer: 50 },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: '' });
  return {
    update: (done, note = '') => {
      bar.update(done, { note });
    },
    stop: () => {
      bar.stop();
    },
  };
}

/** A number with two decimals, or a dash when there is none. */
export function showNumber(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(2);
}
