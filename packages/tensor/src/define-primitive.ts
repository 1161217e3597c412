import type { TensorType } from './dtype.js';
import { EbmError } from './errors.js';
import { apply } from './interpreter.js';
import type { Attributes, Derivative, Primitive } from './primitive.js';
import { primitiveNames } from './reference/reference.js';
import type { Tensor } from './tensor.js';

/** The parts of a custom primitive. */
export interface PrimitiveDefinition<A extends Attributes> {
  /** A unique name; put your package's name in it (`ising/sweep`). */
  readonly name: string;
  /** The type of the result from the types of the inputs; throws `ShapeError` when they do not fit. */
  readonly shape: (inputs: readonly TensorType[], attributes: A) => TensorType;
  /** What the operation means, in ordinary ops. Backends without an implementation of their own run this, and tests compare with it. */
  readonly fallback: (inputs: readonly Tensor[], attributes: A) => Tensor;
  /** The derivative rule; without it the fallback is differentiated. */
  readonly derivative?: Derivative<A>;
}

/**
 * Makes an operation that a backend may implement natively, under its name, in `Backend.run`.
 *
 * @param definition - Name, shape rule, fallback and optional derivative.
 * @returns A function that applies the operation to tensors.
 * @throws EbmError when the name is missing or built in.
 *
 * @example
 * ```ts
 * const cube = definePrimitive({ name: 'example/cube', shape: ([x]) => x!, fallback: ([x]) => mul(x!, mul(x!, x!)) });
 * const y = cube([tensor([1, 2, 3])]);
 * ```
 */
export function definePrimitive<A extends Attributes = Record<string, never>>(
  definition: PrimitiveDefinition<A>,
): (inputs: readonly Tensor[], attributes?: A) => Tensor {
  const { name, shape, fallback, derivative } = definition;
  if (typeof name !== 'string' || name === '')
    throw new EbmError('argument', 'definePrimitive: a primitive needs a name that is not empty.');
  if (primitiveNames.includes(name))
    throw new EbmError(
      'argument',
      `definePrimitive: ${name} is built in. Put your package's name in front, as in my-package/${name}.`,
    );
  const primitive: Primitive<A> = { name, infer: shape, fallback, ...(derivative ? { derivative } : {}) };
  return (inputs, attributes = {} as A) => apply(primitive, inputs, attributes);
}
