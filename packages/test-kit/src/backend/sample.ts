import { type Backend, free, read, reference, scoped, type Tensor, tensorsOf, withBackend } from '@ebmkit/tensor';
import { findMismatch, type Tolerance } from '../close-to.js';
import { type HostArray, showHostArray, upload } from './host-array.js';

/** One thing to compute on two backends: inputs and a function of them. */
export interface Sample {
  /** What goes in. */
  readonly inputs: readonly HostArray[];
  /** What is computed: tensors, in any tree. */
  readonly compute: (inputs: readonly Tensor[]) => unknown;
  /** The constants of the operation, for the failure message. */
  readonly detail?: unknown;
  /** Whether errors are a share of the result of the same function on the sizes of the inputs, as in sums of products. */
  readonly additive?: boolean;
}

/** The numbers of one result. */
interface Result {
  /** Shape and dtype as text. */
  readonly type: string;
  /** The numbers. */
  readonly values: ArrayLike<number>;
}

/** The oracle: the reference backend in double precision. */
export const oracle: Backend = reference({ precision: 'float64' });

/** Computes a sample on a backend, reads the results, and frees everything. */
async function evaluate(backend: Backend, { inputs, compute }: Sample): Promise<Result[]> {
  const tensors = inputs.map((input) => upload(backend, input));
  const results = withBackend(backend, () => scoped(() => tensorsOf(compute(tensors))));
  const read1 = async (x: Tensor): Promise<Result> => ({
    type: `${x.dtype}[${x.shape.join(', ')}]`,
    values: await read(x),
  });
  try {
    return await Promise.all(results.map(read1));
  } finally {
    free([results, tensors]);
  }
}

function sizesOf(inputs: readonly HostArray[]): HostArray[] {
  return inputs.map((input) => (input.dtype === 'float32' ? { ...input, values: input.values.map(Math.abs) } : input));
}

/**
 * Computes a sample on a backend and on the oracle and compares: shapes, dtypes, integers and bools exactly, floats to a tolerance.
 *
 * @param backend - The backend under test.
 * @param sample - What to compute.
 * @param tolerance - For floats.
 * @returns What differs, as a sentence; undefined when nothing does.
 */
export async function compareWithOracle(
  backend: Backend,
  sample: Sample,
  tolerance: Tolerance,
): Promise<string | undefined> {
  const [got, want] = [await evaluate(backend, sample), await evaluate(oracle, sample)];
  const scales = sample.additive
    ? await evaluate(oracle, { ...sample, inputs: sizesOf(sample.inputs) })
    : Array.from(want, () => undefined);
  if (got.length !== want.length) return `expected ${want.length} results, got ${got.length}`;
  for (const [i, right] of want.entries()) {
    const mine = got[i] as Result;
    const exact = !right.type.startsWith('float32');
    const mismatch =
      mine.type === right.type
        ? findMismatch(mine.values, right.values, exact ? undefined : tolerance, scales[i]?.values)
        : `expected ${right.type}, got ${mine.type}`;
    if (mismatch)
      return `${mismatch}\n  of ${sample.inputs.map(showHostArray).join('\n  and ')}\n  with ${JSON.stringify(sample.detail ?? {})}`;
  }
  return undefined;
}
