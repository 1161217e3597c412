import type { KernelRule } from '../step-kernel.js';
import { argMax } from './arg-max.js';
import { argSort } from './arg-sort.js';
import { concat } from './concat.js';
import { cumsum } from './cumsum.js';
import { gather } from './gather.js';
import { pad } from './pad.js';
import { scatterAdd } from './scatter-add.js';

/** Kernels that move elements or go along lines, by the name of the primitive. */
export const structureRules: Readonly<Record<string, KernelRule>> = {
  argMax,
  argSort,
  concat,
  cumsum,
  gather,
  pad,
  scatterAdd,
};
