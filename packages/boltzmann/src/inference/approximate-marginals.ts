import type { Convergence } from './convergence.js';
import type { Marginals } from './marginals.js';

/** What an iterative approximation gives: its marginals and $`\log Z`$, and how it ended. */
export interface ApproximateMarginals extends Marginals, Convergence {}
