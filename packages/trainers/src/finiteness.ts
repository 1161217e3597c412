import { all, full, isFinite, isPlainTensor, logicalAnd, type Tensor, tensorsOf } from '@ebmkit/tensor';

/** Whether every number of a tree is finite: a bool scalar. */
export function isTreeFinite(tree: unknown): Tensor {
  return tensorsOf(tree)
    .filter(({ dtype }) => dtype === 'float32')
    .map((x) => all(isFinite(x)))
    .reduce((a, b) => logicalAnd(a, b), full([], 1, 'bool'));
}

/** The path of the first tensor of a plain tree that holds NaN or an infinity; undefined when there is none. */
export function findNotFinite(plain: unknown, path = ''): string | undefined {
  if (isPlainTensor(plain)) return plain.data.every((value) => Number.isFinite(value)) ? undefined : path;
  if (typeof plain !== 'object' || plain === null) return undefined;
  for (const [name, child] of Object.entries(plain)) {
    const found = findNotFinite(child, path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
