import type { NamedDraws } from '@ebmkit/diagnostics';
import type { ReportSection } from '../html-report.js';
import { type ImageGridOptions, imageGrid } from '../image-grid.js';
import type { JudgedSample } from './judged-sample.js';

/** The most chains and the most steps of each that a grid of states shows. */
const mostRows = 8;
const mostColumns = 10;

/** Draws that are images as images: states along the chains, and mean, spread and R-hat of each pixel. */
export function imageSections(
  sample: JudgedSample,
  imageShape: readonly [number, number] | undefined,
): ReportSection[] {
  return sample.leaves.flatMap((leaf) => {
    const size = imageSize(leaf, imageShape);
    return size ? [imageSection(sample, leaf, size)] : [];
  });
}

/** Height and width of the images that draws are, or `undefined` when they are none. */
function imageSize(
  { event, scalars }: NamedDraws,
  wanted: readonly [number, number] | undefined,
): readonly [height: number, width: number] | undefined {
  if (wanted) return wanted[0] * wanted[1] === scalars ? wanted : undefined;
  const [height = 0, width = 0, channels = 1] = event;
  const image = event.length === 3 ? channels === 1 : event.length === 2 && Math.min(height, width) >= 8;
  return image && height * width > 1 ? [height, width] : undefined;
}

function imageSection(
  sample: JudgedSample,
  leaf: NamedDraws,
  [height, width]: readonly [number, number],
): ReportSection {
  const rows = Math.min(leaf.chains, mostRows);
  const columns = Math.min(leaf.steps, mostColumns);
  const states: Float64Array[] = [];
  for (let chain = 0; chain < rows; chain += 1) {
    for (let column = 0; column < columns; column += 1) {
      const step = columns === 1 ? leaf.steps - 1 : Math.round((column * (leaf.steps - 1)) / (columns - 1));
      states.push(stateAt(leaf, step, chain));
    }
  }
  const scale = Math.max(1, Math.min(4, Math.floor(760 / (columns * (width + 1)))));
  const single = Math.max(1, Math.min(8, Math.floor(220 / width)));
  const { mean, sd } = pixelMoments(leaf);
  const options = { width, height, scale: single, gap: 0 };
  const shown = leaf.chains > rows ? ` The first ${rows} of ${leaf.chains} chains are shown.` : '';
  const pictures = [
    {
      picture: imageGrid(states, { width, height, columns, scale }),
      caption: `One chain in each row, from its first draw at the left to its last at the right.${shown}`,
    },
    { picture: imageGrid([mean], { ...options, title: 'Mean' }), caption: 'Mean of each pixel.' },
    {
      picture: imageGrid([sd], { ...options, colours: 'magma', title: 'Standard deviation' }),
      caption: `Standard deviation, black at ${brief(Math.min(...sd))} and bright at ${brief(Math.max(...sd))}.`,
    },
    ...rHatPicture(sample, leaf, options),
  ];
  return { heading: sample.leaves.length === 1 ? 'Images' : `Images of ${leaf.name}`, pictures };
}

/** A map of R-hat when every pixel was judged and at least one moves; pixels that never move have R-hat 1 in it. */
function rHatPicture({ scalars, chains }: JudgedSample, leaf: NamedDraws, options: ImageGridOptions) {
  const judged = scalars.filter(({ name }) => name === leaf.name || name.startsWith(`${leaf.name}[`));
  if (chains === 1 || judged.length !== leaf.scalars) return [];
  const inOrder = [...judged].sort((a, b) => order(a.name, b.name));
  const values = inOrder.map(({ verdict }) => (verdict().constant ? 1 : Math.max(1, verdict().rHat)));
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return [];
  const most = Math.max(1.01, ...known);
  const picture = imageGrid([values], { ...options, colours: 'magma', range: [1, most], title: 'R-hat' });
  return [{ picture, caption: `R-hat of each pixel, black at 1 or less and bright at ${most.toFixed(2)}.` }];
}

/** The row-major order of two names that end in indices. */
function order(a: string, b: string): number {
  const indices = (name: string) => (name.match(/\d+(?=[\],])/g) ?? []).map(Number);
  const [left, right] = [indices(a), indices(b)];
  const at = left.findIndex((index, place) => index !== right[place]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

function stateAt({ data, chains, scalars }: NamedDraws, step: number, chain: number): Float64Array {
  const start = (step * chains + chain) * scalars;
  return Float64Array.from({ length: scalars }, (_, pixel) => data[start + pixel] as number);
}

function pixelMoments({ data, scalars }: NamedDraws): { readonly mean: Float64Array; readonly sd: Float64Array } {
  const [mean, squares] = [new Float64Array(scalars), new Float64Array(scalars)];
  const draws = data.length / scalars;
  for (let i = 0; i < data.length; i += 1)
    mean[i % scalars] = (mean[i % scalars] as number) + (data[i] as number) / draws;
  for (let i = 0; i < data.length; i += 1) {
    const away = (data[i] as number) - (mean[i % scalars] as number);
    squares[i % scalars] = (squares[i % scalars] as number) + away * away;
  }
  return { mean, sd: squares.map((sum) => Math.sqrt(sum / Math.max(1, draws - 1))) };
}

function brief(value: number): string {
  return String(Number(value.toPrecision(3)));
}
