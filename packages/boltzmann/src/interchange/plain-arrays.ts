import { type PlainTensor, ShapeError, type TensorData } from '@ebmkit/tensor';

/** A vector as plain numbers: an array, or what `toPlain` and `@ebmkit/checkpoint` give. */
export type PlainVector = PlainTensor | ArrayLike<number>;

/** A matrix as plain numbers: one array for each row, or what `toPlain` and `@ebmkit/checkpoint` give. */
export type PlainMatrix = PlainTensor | readonly ArrayLike<number>[];

const isRecord = (x: PlainMatrix | PlainVector): x is PlainTensor => 'shape' in x && 'data' in x;

/** Whether a tensor holds real numbers, which parameters are. */
function isReal({ dtype, data }: PlainTensor): boolean {
  return dtype === 'float32' && (data instanceof Float32Array || data instanceof Float64Array);
}

/** A new tensor with the same real numbers, checked: of the given rank, and as many numbers as its shape says. */
export function checkedReal(where: string, name: string, x: PlainTensor, rank: number): PlainTensor {
  const { shape, dtype, data } = x;
  if (shape.length !== rank || !isReal(x) || data.length !== shape.reduce((a, b) => a * b, 1))
    throw new ShapeError(
      `${where}: expected ${name} to be ${rank === 1 ? 'a vector' : 'a matrix'} of real numbers, got ${dtype} [${shape.join(', ')}] with ${data.length} values. Convert it first.`,
    );
  return { dtype, shape: [...shape], data: data.slice() };
}

/** A vector as a plain tensor of its own. */
export function vectorOf(where: string, name: string, x: PlainVector): PlainTensor {
  if (isRecord(x)) return checkedReal(where, name, x, 1);
  return { dtype: 'float32', shape: [x.length], data: Float64Array.from(x) };
}

/** A matrix as a plain tensor of its own. */
export function matrixOf(where: string, name: string, x: PlainMatrix): PlainTensor {
  if (isRecord(x)) return checkedReal(where, name, x, 2);
  const columns = x[0]?.length ?? 0;
  if (x.some((row) => row.length !== columns))
    throw new ShapeError(
      `${where}: expected rows of one length in ${name}, got lengths [${x.map((row) => row.length).join(', ')}].`,
    );
  return { dtype: 'float32', shape: [x.length, columns], data: Float64Array.from(x.flatMap((row) => Array.from(row))) };
}

/** The transpose of a matrix. */
export function transposed({ dtype, shape, data }: PlainTensor): PlainTensor {
  const [rows, columns] = shape as readonly [number, number];
  const turned: TensorData = data.slice();
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j] as number;
  return { dtype, shape: [columns, rows], data: turned };
}

/** Throws unless the weight has a row for each visible unit and a column for each hidden one, as the biases count them. */
export function checkSizes(
  where: string,
  what: string,
  { shape }: PlainTensor,
  biases: { readonly visible?: PlainTensor | undefined; readonly hidden?: PlainTensor | undefined },
): void {
  const [visible, hidden] = [biases.visible?.shape[0] ?? shape[0], biases.hidden?.shape[0] ?? shape[1]];
  if (shape[0] === visible && shape[1] === hidden) return;
  const isTurned = shape[0] === hidden && shape[1] === visible;
  throw new ShapeError(
    `${where}: expected ${what} for ${visible} visible and ${hidden} hidden units, as the biases have them, got ${shape[0]} and ${shape[1]}. ${isTurned ? 'It is stored the other way round.' : 'Make all three agree.'}`,
  );
}
