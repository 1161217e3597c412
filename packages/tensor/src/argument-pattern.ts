import type { Backend } from './backend.js';
import { isKey, type Key, symbolOf } from './key.js';
import { sameShape } from './shape.js';
import { isTensor, type Tensor, tensorTag } from './tensor.js';
import { isBranch } from './tree.js';

/**
 * Compares arguments with those that one trace serves, and collects their tensors and keys in order. What it accepts has the same
 * signature and nothing but live tensors of one backend and keys of known words; what it does not accept may still have.
 */
export type ArgumentPattern = (value: unknown, inputs: (Tensor | Key)[]) => boolean;

function tensorPattern({ shape, dtype }: Tensor, backend: Backend): ArgumentPattern {
  return (value, inputs) => {
    if (!isTensor(value)) return false;
    const payload = value[tensorTag];
    if (payload.kind !== 'concrete' || payload.backend !== backend || payload.handle === undefined) return false;
    if (value.dtype !== dtype || (value.shape !== shape && !sameShape(value.shape, shape))) return false;
    inputs.push(value);
    return true;
  };
}

const keyPattern: ArgumentPattern = (value, inputs) => {
  if (!isKey(value) || symbolOf(value) !== undefined) return false;
  inputs.push(value);
  return true;
};

function arrayPattern(children: readonly ArgumentPattern[]): ArgumentPattern {
  return (value, inputs) => {
    if (!Array.isArray(value) || value.length !== children.length) return false;
    for (let i = 0; i < children.length; i++) if (!(children[i] as ArgumentPattern)(value[i], inputs)) return false;
    return true;
  };
}

function objectPattern(names: readonly string[], children: readonly ArgumentPattern[]): ArgumentPattern {
  return (value, inputs) => {
    if (!isBranch(value) || Array.isArray(value)) return false;
    const found = Object.keys(value);
    if (found.length !== names.length) return false;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (found[i] !== name) return false;
      if (!(children[i] as ArgumentPattern)((value as Record<string, unknown>)[name], inputs)) return false;
    }
    return true;
  };
}

/**
 * Makes the pattern of arguments of one signature.
 *
 * @param example - Arguments that have it.
 * @param backend - Where the tensors must be.
 */
export function patternOf(example: unknown, backend: Backend): ArgumentPattern {
  if (isTensor(example)) return tensorPattern(example, backend);
  if (isKey(example)) return keyPattern;
  if (!isBranch(example)) return (value) => Object.is(value, example);
  const children = Object.values(example).map((child) => patternOf(child, backend));
  return Array.isArray(example) ? arrayPattern(children) : objectPattern(Object.keys(example), children);
}
