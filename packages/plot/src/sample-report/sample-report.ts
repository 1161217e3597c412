import { htmlReport, type ReportSection } from '../html-report.js';
import { chainSections } from './chain-sections.js';
import { findings, findingsSection } from './findings.js';
import { headlineFigures } from './headline-figures.js';
import { imageSections } from './image-sections.js';
import { judgeSample } from './judged-sample.js';
import { type EnergyOnGrid, landscapeSection } from './landscape-section.js';
import type { ReportedSample } from './reported-sample.js';
import { summarySection } from './summary-section.js';

/** What {@link sampleReport} writes besides what it finds in the run. */
export interface SampleReportOptions {
  /** The title of the page, `Sampling report` unless told. */
  readonly title?: string;
  /** One sentence below the title. */
  readonly subtitle?: string;
  /** The scalars to judge and to show, by name (`x[3]`, or `x` for a whole array); all of them unless told. */
  readonly parameters?: readonly string[];
  /** The most scalars that traces, ranks, marginals and autocorrelations show, those that give most concern; 6 unless told. */
  readonly maxParameters?: number;
  /** The most rows of the summary table, 30 unless told. */
  readonly maxRows?: number;
  /** What to call draws that are one array, `x` unless told. */
  readonly name?: string;
  /** Which draws came of a diverged move, flags `[steps, chains]`; marked in traces and pairs. */
  readonly divergences?: ArrayLike<number>;
  /** The energy of a two-dimensional target, to draw the chains over. */
  readonly energyGrid?: EnergyOnGrid;
  /** Height and width of draws that are images. Draws of shape `[h, w, 1]`, or `[h, w]` from 8 by 8 on, are known to be images. */
  readonly imageShape?: readonly [number, number];
  /** How the run came about, such as the sampler, the seed and the versions, written at the end. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Writes one HTML page about a sampling run: what is wrong with it and what to do, how accurate it is, and what it looks like.
 *
 * The page has the headline figures, warnings with remedies, a table of summaries, intervals, traces, ranks, marginals,
 * autocorrelations, pairs and energies, and where they apply images and the energy landscape. Every scalar is judged by R-hat
 * and effective sample sizes; of many scalars the pictures show those that give most concern and say how many they leave
 * out, so that the page stays of one size. Cost: about a millisecond for each scalar and thousand draws.
 * Near twin: {@link htmlReport} writes a page of one's own sections.
 *
 * @param result - what `sample` of `@ebmkit/samplers` gave, or anything with `draws` in its form
 * @param options - the title, what to show, and what the run does not know about itself
 * @returns the whole page, to be written to a file such as `report.html`; it asks the network for nothing
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, a name is unknown, a limit is out of range, `energyGrid` is given for draws that
 * are not two-dimensional, or `imageShape` fits none of them
 * @example
 * ```ts
 * const result = await sample(doubleWell(), { chains: 4, steps: 1000, warmup: 200, key: key(1) });
 * await writeFile('report.html', sampleReport(result, { title: 'A double well' }));
 * ```
 * @see Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021, arXiv:1903.08008
 */
export function sampleReport(result: ReportedSample, options: SampleReportOptions = {}): string {
  const { title = 'Sampling report', subtitle, maxParameters = 6, maxRows = 30, metadata } = options;
  checkLimit('maxParameters', maxParameters, 50);
  checkLimit('maxRows', maxRows, 10_000);
  const sample = judgeSample(result, options);
  const { imageShape, energyGrid, divergences, name } = options;
  const images = imageSections(sample, imageShape);
  if (imageShape && images.length === 0) {
    throw new RangeError(
      `sampleReport: imageShape must have as many pixels as a draw, got [${imageShape.join(', ')}]. Give [height, width].`,
    );
  }
  const sections: ReportSection[] = [
    findingsSection(findings(sample)),
    summarySection(sample, maxRows),
    ...(energyGrid ? [landscapeSection(sample, energyGrid)] : []),
    ...images,
    ...chainSections(sample, { most: maxParameters, divergences, name }),
  ];
  return htmlReport({
    title,
    ...(subtitle !== undefined && { subtitle }),
    highlights: headlineFigures(sample),
    sections,
    ...(metadata && { metadata }),
  });
}

function checkLimit(name: string, value: number, most: number): void {
  if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
    throw new RangeError(
      `sampleReport: ${name} must be a whole number from 1 to ${most}, got ${value}. Leave it out for the usual one.`,
    );
  }
}
