import { drawCases } from './draw-cases.js';
import { elementwiseCases } from './elementwise-cases.js';
import type { PrimitiveCases } from './primitive-case.js';
import { productCases } from './product-cases.js';
import { reductionCases } from './reduction-cases.js';
import { structureCases } from './structure-cases.js';

/** A case for every built-in primitive, by name. */
export const primitiveCases: PrimitiveCases = {
  ...elementwiseCases,
  ...structureCases,
  ...reductionCases,
  ...productCases,
  ...drawCases,
};
