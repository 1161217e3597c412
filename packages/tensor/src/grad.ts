import { differentiate, fillTree, watchTree, withTape } from './differentiate.js';
import { ShapeError } from './errors.js';
import { full, zerosLike } from './ops/creation.js';
import { runScoped } from './scope.js';
import { sameShape, showShape } from './shape.js';
import { isTensor, type Tensor } from './tensor.js';
import { mapTree, tensorsAlong, tensorsOf } from './tree.js';

function seedScalar(where: string): (value: Tensor) => readonly Tensor[] {
  return (value) => {
    if (!isTensor(value) || value.shape.length > 0 || value.dtype !== 'float32')
      throw new ShapeError(
        `${where}: the function must return one float32 scalar, got ${isTensor(value) ? `${value.dtype}${showShape(value.shape)}` : typeof value}. Reduce it, for instance with sum().`,
      );
    return [full([], 1)];
  };
}

/**
 * The value and the gradient of a scalar function with respect to its first argument, a tree of float32 tensors.
 * Exact, at about two to four times the cost of the function.
 *
 * @param f - A function that returns a scalar tensor.
 * @returns A function of the same arguments that gives `value` and `grad`, a tree like the first argument.
 *
 * @example
 * ```ts
 * const { value, grad: slope } = valueAndGrad((x: Tensor) => sum(square(x)))(tensor([1, 2]));
 * ```
 */
export function valueAndGrad<P, A extends readonly unknown[]>(
  f: (primal: P, ...rest: A) => Tensor,
): (primal: P, ...rest: A) => { readonly value: Tensor; readonly grad: P } {
  return (primal, ...rest) =>
    differentiate('valueAndGrad', (p: P) => f(p, ...rest), primal, seedScalar('valueAndGrad'));
}

/**
 * The gradient of a scalar function with respect to its first argument, a tree of float32 tensors. Apply it again for
 * higher orders.
 *
 * @param f - A function that returns a scalar tensor.
 * @returns A function of the same arguments that gives a tree like the first one.
 *
 * @example
 * ```ts
 * const slope = grad((x: Tensor) => sum(square(x)))(tensor([1, 2])); // [2, 4]
 * ```
 */
export function grad<P, A extends readonly unknown[]>(
  f: (primal: P, ...rest: A) => Tensor,
): (primal: P, ...rest: A) => P {
  return (primal, ...rest) =>
    runScoped(() => differentiate('grad', (p: P) => f(p, ...rest), primal, seedScalar('grad')).grad);
}

/**
 * Like `valueAndGrad`, for a function that also returns something else worth keeping: `[loss, aux]`.
 *
 * @param f - A function that returns a scalar tensor and any tree, which is not differentiated.
 * @returns A function of the same arguments that gives `value`, `aux` and `grad`.
 */
export function valueGradAux<P, A extends readonly unknown[], X>(
  f: (primal: P, ...rest: A) => readonly [Tensor, X],
): (primal: P, ...rest: A) => { readonly value: Tensor; readonly aux: X; readonly grad: P } {
  return (primal, ...rest) =>
    runScoped(() => {
      const seed = ([value, aux]: readonly [Tensor, X]) => [
        ...seedScalar('valueGradAux')(value),
        ...tensorsOf(aux).map(() => undefined),
      ];
      const { value, grad: gradient } = differentiate('valueGradAux', (p: P) => f(p, ...rest), primal, seed);
      return { value: value[0], aux: value[1], grad: gradient };
    });
}

/**
 * The vector-Jacobian product: $`f(x)`$ and $`w^T \partial f / \partial x`$, in one forward and one backward pass.
 *
 * @param f - A function from a tree of float32 tensors to a tree of tensors.
 * @param primal - Where to differentiate.
 * @param cotangent - The weights $`w`$: a tree like the result of `f`.
 * @returns The value of `f` and a tree like `primal`.
 * @throws ShapeError when the cotangent does not have the shapes of the result.
 */
export function vjp<P, R>(f: (primal: P) => R, primal: P, cotangent: R): { readonly value: R; readonly grad: P } {
  return differentiate('vjp', f, primal, (value) => tensorsAlong(value, cotangent));
}

/**
 * The Jacobian-vector product: $`f(x)`$ and $`(\partial f / \partial x) v`$. It transposes the backward pass, which is linear in its
 * cotangent, so each operation needs one derivative rule only; under `jit` the unused forward half of that pass is removed.
 *
 * @param f - A function from a tree of float32 tensors to a tree of tensors.
 * @param primal - Where to differentiate.
 * @param tangent - The direction $`v`$: a tree like `primal`.
 * @returns The value of `f`, and a tree like it.
 * @throws ShapeError when the tangent does not have the shapes of the primal.
 */
export function jvp<P, R>(f: (primal: P) => R, primal: P, tangent: P): { readonly value: R; readonly tangent: R } {
  const directions = tensorsAlong(primal, tangent);
  tensorsOf(primal).forEach((x, i) => {
    const { shape } = directions[i] as Tensor;
    if (!sameShape(x.shape, shape))
      throw new ShapeError(
        `jvp: the tangent must have the shapes of the primal, got ${showShape(shape)} for ${showShape(x.shape)}.`,
      );
  });
  return withTape(primal, (tape) => {
    const watched = watchTree('jvp', tape, primal);
    const result = f(watched);
    const value = mapTree(tape.unwatch, result);
    const outputs = tensorsOf(result);
    const tangents = withTape(primal, (linear) => {
      const weights = outputs.map((output) => linear.watch(zerosLike(tape.unwatch(output))));
      const pulled = tape.pullBack(outputs, weights, tensorsOf(watched));
      return linear.pullBack(pulled, directions, weights);
    });
    return { value, tangent: fillTree(value, tangents) };
  });
}

/**
 * The Hessian-vector product of a scalar function: $`\nabla^2 f(x) v`$, without forming the Hessian, at about twice the cost of a gradient.
 *
 * @param f - A function that returns a scalar tensor.
 * @param primal - Where to differentiate.
 * @param vector - The direction $`v`$: a tree like `primal`.
 * @returns A tree like `primal`.
 * @see Pearlmutter, "Fast exact multiplication by the Hessian", 1994, https://doi.org/10.1162/neco.1994.6.1.147
 */
export function hvp<P>(f: (primal: P) => Tensor, primal: P, vector: P): P {
  return runScoped(() => vjp(grad(f), primal, vector).grad);
}
