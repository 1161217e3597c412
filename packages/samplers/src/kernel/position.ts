import {
  add,
  EbmError,
  isFinite,
  type Key,
  mapTree,
  normal,
  perRow,
  ShapeError,
  split,
  square,
  sumEvent,
  type Tensor,
  type Tree,
  tensorsOf,
  where,
} from '@ebmkit/tensor';

/** The number of chains: the first axis that all tensors of a position share. */
export function chainsOf(caller: string, position: Tree): number {
  const tensors = tensorsOf(position);
  const [first] = tensors;
  if (!first)
    throw new EbmError('argument', `${caller}: expected a position of tensors [chains, ...event], got no tensor.`);
  const chains = first.shape[0];
  if (chains === undefined || tensors.some(({ shape }) => shape[0] !== chains))
    throw new ShapeError(
      `${caller}: expected positions [chains, ...event] that share their first axis, got ${tensors.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')}. Put the chains on the first axis.`,
    );
  return chains;
}

/** Throws unless every tensor of the position is float32: gradients need real numbers. */
export function checkReal(caller: string, position: Tree): void {
  const wrong = tensorsOf(position).find(({ dtype }) => dtype !== 'float32');
  if (wrong)
    throw new EbmError(
      'dtype',
      `${caller}: expected float32 positions, got ${wrong.dtype}. Cast them, or use gibbs for discrete states.`,
    );
}

/** Independent standard normal draws in the shape of a position. One tensor uses the first child of the key. */
export function normalLike<X extends Tree>(key: Key, position: X): X {
  const keys = split(key, tensorsOf(position).length);
  let next = 0;
  return mapTree((x) => normal(keys[next++] as Key, x.shape), position);
}

/** The sum over everything but the chains, added up over the tensors of a tree: `[chains]`. */
export function sumOverEvents(tree: Tree): Tensor {
  return tensorsOf(tree)
    .map((x) => sumEvent(x))
    .reduce((a, b) => add(a, b));
}

/**
 * Which chains hold finite numbers only, bool `[chains]`: one whose squares overflow counts as infinite.
 *
 * @param trees - Trees of tensors `[chains, ...event]`; those that are not float32 are passed over.
 * @returns Undefined when there is no float32 tensor.
 */
export function finiteChains(trees: Tree): Tensor | undefined {
  const real = tensorsOf(trees).filter(({ dtype }) => dtype === 'float32');
  return real.length === 0 ? undefined : isFinite(sumOverEvents(real.map((x) => square(x))));
}

/** For each chain, its part of `ifTrue` where the choice `[chains]` is true, else its part of `ifFalse`. */
export function chooseChains<T>(choice: Tensor, ifTrue: T, ifFalse: T): T {
  return mapTree((a, b) => where(perRow(choice, a.shape), a, b), ifTrue, ifFalse);
}
