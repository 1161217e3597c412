import type { Key } from './key.js';
import type { Tensor } from './tensor.js';
import { isBranch } from './tree.js';

/** Marks the place of one output in a result tree; a class so that trees take it for a leaf. */
class Slot {
  constructor(readonly output: number) {}
}

/** What stands in the result of a traced function for output number `output` of its graph. */
export function makeSlot(output: number): unknown {
  return new Slot(output);
}

/** Makes the result of one call from the values of the graph's outputs. */
export type ResultBuilder = (values: readonly (Tensor | Key)[]) => unknown;

/** Sets a property of a new object also where the name means something to JavaScript. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  else target[name] = value;
}

/**
 * Prepares to fill the places of a traced result: branches are new at every call, other constants are as they are.
 *
 * @param result - A tree with slots.
 */
export function buildResult(result: unknown): ResultBuilder {
  if (result instanceof Slot) {
    const { output } = result;
    return (values) => values[output];
  }
  if (!isBranch(result)) return () => result;
  const children = Object.values(result).map(buildResult);
  if (Array.isArray(result)) return (values) => children.map((child) => child(values));
  const names = Object.keys(result);
  return (values) => {
    const made: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) define(made, names[i] as string, (children[i] as ResultBuilder)(values));
    return made;
  };
}
