import type { CodeFeatures } from '../assembler/function-builder.js';
import type { Heap } from '../machine/heap.js';
import { drawRules } from './draws.js';
import { makeProductRules } from './products/product-rules.js';
import { probeTile } from './products/tile-probe.js';
import type { KernelRule } from './step-kernel.js';
import { structureRules } from './structure/structure-rules.js';

/** The kernels of all primitives that do not fuse, those of products as they are fastest on this engine. */
export function makeRules(heap: Heap, features: CodeFeatures): Readonly<Record<string, KernelRule>> {
  return { ...drawRules, ...structureRules, ...makeProductRules({ tile: probeTile(heap, features) }) };
}
