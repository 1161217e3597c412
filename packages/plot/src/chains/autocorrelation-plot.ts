import { autocorrelation, autocorrelationTime } from '@ebmkit/diagnostics';
import type { PlacedAxes } from '../chart-frame.js';
import { isDrawable } from '../drawable-values.js';
import { chainLegend } from '../draws/chain-look.js';
import { missingDraws } from '../draws/missing-draws.js';
import { type DrawsOptions, type Parameter, readParameters } from '../draws/parameter-set.js';
import { drawLine, type Sight } from '../line-marks.js';
import { element } from '../markup.js';
import { drawPanelGrid, type PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { seriesLook, theme } from '../theme.js';

/** What {@link autocorrelationPlot} draws. */
export interface AutocorrelationPlotOptions extends DrawsOptions, PanelOptions {
  /** The largest lag, in recorded steps; 100 or a half of the steps, whichever is less, unless told. */
  readonly maxLag?: number;
}

const sight: Sight = { x: () => true, y: isDrawable };

/**
 * Draws how the draws of each chain correlate with those some steps later, in one panel for each scalar.
 *
 * The band holds 95 of 100 values of independent draws, $`\pm 1.96 / \sqrt n`$ for chains of n draws. The figures above a panel
 * are the integrated autocorrelation times $`\tau = 1 + 2 \sum_t \rho_t`$ of the chains, each by itself, in recorded steps, and
 * triangles mark them on the axis: a chain of n draws is worth about $`n / \tau`$ independent ones. A scalar that never moves
 * has no correlation, and no line. Cost: order n log n for each chain.
 *
 * @param options - the draws, which scalars to show (at most 6 unless told), the lags and the layout
 * @returns the panels as one SVG picture, 760 pixels wide unless told
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, a name is unknown, or a number or size is out of range
 * @example
 * ```ts
 * const picture = autocorrelationPlot({ draws, maxLag: 50 });
 * ```
 * @see Geyer 1992, Practical Markov chain Monte Carlo, doi:10.1214/ss/1177011137
 */
export function autocorrelationPlot(options: AutocorrelationPlotOptions): Picture {
  const set = readParameters('autocorrelationPlot', options, 6);
  const { maxLag = Math.max(1, Math.min(100, Math.floor(set.steps / 2))) } = options;
  if (!(Number.isInteger(maxLag) && maxLag >= 1)) {
    throw new RangeError(
      `autocorrelationPlot: maxLag must be a whole number of at least 1, got ${maxLag}. Leave it out for 100.`,
    );
  }
  const lags = Float64Array.from({ length: Math.min(maxLag + 1, set.steps) }, (_, lag) => lag);
  const noise = 1.96 / Math.sqrt(set.steps);
  const panels = set.shown.map((parameter) => {
    const chains = parameter.chains();
    const curves = chains.map((chain) => autocorrelation(chain).subarray(0, lags.length));
    const times = chains.map((chain) => autocorrelationTime([chain]));
    const lowest = Math.min(0, -noise, ...curves.flatMap((curve) => Array.from(curve).filter(isDrawable)));
    return {
      title: parameter.name,
      detail: timesInWords(times),
      x: { log: false, domain: [0, Math.max(1, lags.length - 1)] as const },
      y: { log: false, domain: [Math.max(-1, lowest - 0.03), 1.02] as const },
      xLabel: 'lag (steps)',
      draw: (placed: PlacedAxes) => [
        drawNoiseBand(placed, noise),
        ...curves.map((y, index) =>
          drawLine({ name: '', x: lags, y }, seriesLook(index), placed, sight, { strokeWidth: 1.3, digits: 1 }),
        ),
        ...times.map((time, index) => drawTime(placed, time, seriesLook(index).colour)),
      ],
    };
  });
  return drawPanelGrid('autocorrelationPlot', {
    options,
    usualHeight: 130,
    usualColumns: Math.min(2, panels.length),
    panels,
    legend: chainLegend(set.chains, 'line'),
    notes: [...set.notes, ...missingDraws(set.shown, 'in a chain without a line')],
    description: options.description ?? describe(set.shown),
  });
}

/** The times of up to four chains, or the least and the largest of more. */
function timesInWords(times: readonly number[]): string {
  const known = times.filter(Number.isFinite);
  const brief = (time: number) => (time < 100 ? time.toFixed(1) : Math.round(time).toLocaleString('en-GB'));
  if (known.length === 0) return 'τ unknown';
  if (times.length <= 4) return `τ = ${times.map((time) => (Number.isFinite(time) ? brief(time) : '?')).join(', ')}`;
  return `τ = ${brief(Math.min(...known))} to ${brief(Math.max(...known))}`;
}

function drawNoiseBand({ area, y }: PlacedAxes, noise: number): string {
  const box = { x: area.left, y: y.place(noise), width: area.width, height: y.place(-noise) - y.place(noise) };
  const zero = { x1: area.left, x2: area.left + area.width, y1: y.place(0), y2: y.place(0) };
  return (
    element('rect', { ...box, style: `fill:${theme.muted};fill-opacity:0.18` }) +
    element('line', { ...zero, style: `stroke:${theme.muted};stroke-width:1` })
  );
}

/** A triangle on the axis at the integrated time; none where the time is unknown or beyond the lags shown. */
function drawTime({ area, x }: PlacedAxes, time: number, colour: string): string {
  const at = Number.isFinite(time) ? x.place(time) : Number.POSITIVE_INFINITY;
  if (at > area.left + area.width) return '';
  const bottom = area.top + area.height;
  const d = `M${Math.round(at * 10) / 10},${Math.round((bottom - 9) * 10) / 10}l4,9h-8z`;
  return element('path', { d, style: `fill:${colour};stroke:${theme.paper};stroke-width:0.8` });
}

function describe(shown: readonly Parameter[]): string {
  return `Autocorrelation of ${shown.map(({ name }) => name).join(', ')}`;
}
