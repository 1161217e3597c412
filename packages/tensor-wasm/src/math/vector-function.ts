import type { V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';

/** A function of four float32 numbers at a time, written into the code where it is used. Operands are locals, so they may be used more than once. */
export type VectorFunction = (f: FunctionBuilder, ...operands: readonly V128[]) => V128;
