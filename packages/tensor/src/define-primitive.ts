import type { TensorType } from './dtype.js';
import { EbmError } from './errors.js';
import { apply } from './interpreter.js';
import type { Key } from './key.js';
import type { Attributes, Derivative, Kernels, Primitive } from './primitive.js';
import { primitiveNames } from './reference/reference.js';
import type { Tensor } from './tensor.js';

/** What a custom primitive takes: tensors, and keys if it draws. */
export type PrimitiveInputs = readonly (Tensor | Key)[];

/** The parts of a custom primitive. */
export interface PrimitiveDefinition<A extends Attributes, I extends PrimitiveInputs = readonly Tensor[]> {
  /** A unique name; put your package's name in it (`ising/sweep`). */
  readonly name: string;
  /** The type of the result from the types of the inputs, `undefined` for a key; throws `ShapeError` when they do not fit. */
  readonly shape: (inputs: readonly TensorType[], attributes: A) => TensorType;
  /** What the operation means, in ordinary ops. Backends without an implementation of their own run this, and tests compare with it. */
  readonly fallback: (inputs: I, attributes: A) => Tensor;
  /** The derivative rule; without it the fallback is differentiated. */
  readonly derivative?: Derivative<A>;
  /**
   * Implementations that come with the primitive, by the name of the backend: for `wasm` a rule of `@ebmkit/tensor-wasm/discrete`. A bundler
   * leaves them out of pages that do not use the primitive. They belong to the name: two primitives of one name share them.
   */
  readonly kernels?: Kernels;
}

/**
 * Makes an operation that a backend may implement natively, under its name, in `Backend.run`, or by a kernel that the operation brings along.
 *
 * @param definition - Name, shape rule, fallback, optional derivative and kernels.
 * @returns A function that applies the operation to its inputs.
 * @throws EbmError when the name is missing or built in.
 *
 * @example
 * ```ts
 * const cube = definePrimitive({ name: 'example/cube', shape: ([x]) => x!, fallback: ([x]) => mul(x!, mul(x!, x!)) });
 * const y = cube([tensor([1, 2, 3])]);
 * ```
 */
export function definePrimitive<
  A extends Attributes = Record<string, never>,
  I extends PrimitiveInputs = readonly Tensor[],
>(definition: PrimitiveDefinition<A, I>): (inputs: I, attributes?: A) => Tensor {
  const { name, shape, fallback, derivative, kernels } = definition;
  if (typeof name !== 'string' || name === '')
    throw new EbmError('argument', 'definePrimitive: a primitive needs a name that is not empty.');
  if (primitiveNames.includes(name))
    throw new EbmError(
      'argument',
      `definePrimitive: ${name} is built in. Put your package's name in front, as in my-package/${name}.`,
    );
  const primitive: Primitive<A> = {
    name,
    infer: shape,
    // Operations take what they were defined for: `apply` passes inputs on in order.
    fallback: fallback as unknown as NonNullable<Primitive<A>['fallback']>,
    ...(derivative && { derivative }),
    ...(kernels && { kernels }),
  };
  return (inputs, attributes = {} as A) => apply(primitive, inputs, attributes);
}
