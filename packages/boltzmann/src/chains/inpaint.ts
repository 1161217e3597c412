import { clampBlock } from '@ebmkit/energy';
import {
  EbmError,
  free,
  isTensor,
  read,
  ShapeError,
  scoped,
  split,
  type Tensor,
  type TensorData,
  tensor,
  where,
  zeros,
} from '@ebmkit/tensor';
import { numberByNumber, openRows, type Rows, type RowUnits } from '../likelihood/rows.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import { groupsOf, type Units } from '../units/units.js';
import { type ChainOptions, checkCount, runVisibleChains, type VisibleChains } from './visible-chains.js';

/** How to fill in what is missing. */
export interface InpaintOptions extends ChainOptions {
  /** Steps before those that the means are taken over; as many as `steps` unless given. */
  readonly warmup?: number;
}

/** Which pixels are known, 1 or true where they are: one row for all images `[V]`, or one row each `[n, V]`. */
export type Mask = Tensor | Uint8Array | readonly boolean[];

/** The mask as a bool tensor that broadcasts over the rows; the caller's own when it is one. */
function maskTensor(mask: Mask, count: number, size: number): Tensor {
  const length = isTensor(mask) ? mask.shape.reduce((product, n) => product * n, 1) : mask.length;
  const shape = length === size ? [1, size] : [count, size];
  if (length !== size && length !== count * size)
    throw new ShapeError(
      `inpaint: expected a mask of ${size} values, or ${count} rows of them, got ${length} values. Give one value for each pixel.`,
    );
  if (!isTensor(mask)) return tensor(Uint8Array.from(mask, Number), shape);
  if (mask.dtype !== 'bool')
    throw new EbmError(
      'argument',
      `inpaint: the mask must be bool, got ${mask.dtype}. Make it with cast(mask, "bool").`,
    );
  const fits = mask.shape.length <= 2 && mask.shape.at(-1) === size;
  if (!fits)
    throw new ShapeError(`inpaint: expected a mask [${size}] or [${count}, ${size}], got [${mask.shape.join(', ')}].`);
  return mask;
}

/** The numbers of a state that bytes can hold. */
function someState({ size, sites, parts }: RowUnits): readonly number[] {
  return parts?.flatMap(someState) ?? sites?.flatMap((site) => site.at(-1) ?? []) ?? Array<number>(size).fill(0);
}

/** Throws unless numbers that are drawn together are known all or none, and known bytes are states of their sites. */
function checkKnown(units: Units<string>, flags: ArrayLike<number | boolean>, images: Rows): void {
  const { size } = units;
  const groups = groupsOf(units);
  for (let row = 0; row < flags.length; row += size) {
    let at = row;
    for (const width of groups) {
      const known = Array.from({ length: width }, (_, k) => Boolean(flags[at + k]));
      if (known.includes(true) && known.includes(false))
        throw new EbmError(
          'argument',
          `inpaint: the numbers ${at - row} to ${at - row + width - 1} of an image are drawn together, and the mask knows a part of them. Mask all of them or none.`,
        );
      at += width;
    }
  }
  if (!(images instanceof Uint8Array)) return;
  const some = someState(units);
  openRows(
    'inpaint',
    units,
    images.map((x, i) => (flags[i % flags.length] ? x : (some[i % size] as number))),
  );
}

/**
 * Fills in the unknown part of images given the known part, $`p(v_{unknown} \mid v_{known})`$: Gibbs sampling with the known
 * pixels clamped (`clampBlock` of `@ebmkit/energy`). Known pixels stay exactly as they were; unknown ones start from the visible
 * biases, whatever the images hold there. Numbers that are drawn together, the group of a softmax unit or the counts of a document, are known
 * all or none; a document that is unknown keeps the length that its row has, unless the units say one. The means tend to the posterior means
 * as `steps` grows, with the usual error of a Markov chain.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param images - The images, one row each.
 * @param mask - Which pixels are known.
 * @param options - Steps, warm-up, key, progress, abort.
 * @returns The last states, and the mean of every pixel over the steps after the warm-up; both have the known pixels in place.
 * @throws EbmError when the mask is not bool or cuts a group, a known group is no state, or an option is wrong, or with code `aborted` when the signal fires.
 * @throws ShapeError when the images or the mask do not fit the visible layer.
 *
 * @example
 * ```ts
 * const topHalf = Array.from({ length: 784 }, (_, pixel) => pixel < 392);
 * const { means } = await inpaint(machine, params, digits, topHalf, { steps: 500, key: key(1) });
 * ```
 */
export async function inpaint<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  images: Rows,
  mask: Mask,
  options: InpaintOptions,
): Promise<VisibleChains> {
  const { steps, warmup = steps } = options;
  checkCount('inpaint', 'steps', steps, 1);
  checkCount('inpaint', 'warmup', warmup, 0);
  const { visible } = machine;
  const rows = openRows('inpaint', numberByNumber(visible), images);
  if (rows.count === 0) throw new ShapeError('inpaint: expected at least one image, got none.');
  const [forStart, forChains] = split(options.key, 2);
  const made: Tensor[] = [];
  const own = (x: Tensor, from?: Rows | Mask): Tensor => {
    if (!isTensor(from)) made.push(x);
    return x;
  };
  try {
    const isKnown = own(maskTensor(mask, rows.count, visible.size), mask);
    checkKnown(visible, isTensor(mask) ? await read(mask) : mask, images);
    const known = own(rows.batch(0, rows.count), images);
    const biases = ownOf(visible, 'visible', params);
    const guess = own(scoped<Tensor>(() => visible.sample(forStart, biases, zeros(known.shape), known)));
    const start = own(where(isKnown, known, guess));
    const conditional = clampBlock(machine.conditional(params), 'visible', isKnown, known);
    const chains = await runVisibleChains(machine, params, start, conditional, {
      ...options,
      caller: 'inpaint',
      key: forChains,
      warmup,
    });
    return { ...chains, means: await withKnown(chains.means, isKnown, known) };
  } finally {
    free(made);
  }
}

/** Means with the known pixels in place. */
async function withKnown(means: TensorData, isKnown: Tensor, known: Tensor): Promise<TensorData> {
  const placed = scoped<Tensor>(() => where(isKnown, known, tensor(means, known.shape)));
  const numbers = await read(placed);
  free(placed);
  return numbers;
}
