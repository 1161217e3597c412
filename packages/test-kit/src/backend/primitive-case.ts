import type * as fc from 'fast-check';
import type { Tolerance } from '../close-to.js';
import type { ValueLimits } from './host-array.js';
import type { Sample } from './sample.js';

/** How one primitive is tried. */
export interface PrimitiveCase {
  /** Random inputs of every shape and value that the primitive accepts. */
  readonly samples: (limits: ValueLimits) => fc.Arbitrary<Sample>;
  /** The allowed error, where it differs from that of the suite. */
  readonly tolerance?: Tolerance;
}

/** The cases of a group of primitives, by name. */
export type PrimitiveCases = Readonly<Record<string, PrimitiveCase>>;
