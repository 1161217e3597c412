import type { Derivative } from '../primitive.js';
import { arithmeticDerivatives, unaryDerivatives } from './elementwise.js';
import { structureDerivatives } from './structure.js';

/** The derivative rule of every built-in primitive that has one, by name. */
export const derivatives: Readonly<Record<string, Derivative>> = {
  ...unaryDerivatives,
  ...arithmeticDerivatives,
  ...structureDerivatives,
};

/** Operations whose derivative is zero wherever it exists, or which cut it off on purpose. */
const flat: ReadonlySet<string> = new Set([
  'stopGradient',
  'sign',
  'floor',
  'ceil',
  'round',
  'isFinite',
  'isNaN',
  'logicalNot',
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'logicalAnd',
  'logicalOr',
  'argMax',
  'argSort',
]);

/** Whether an operation passes no derivative on. */
export function isFlat(primitive: string): boolean {
  return flat.has(primitive);
}
