import {
  add,
  cast,
  EbmError,
  equal,
  floor,
  fold,
  isKey,
  jit,
  type Key,
  less,
  log,
  minimum,
  mod,
  mul,
  range,
  read,
  reshape,
  retire,
  split,
  sub,
  type Tensor,
  type Tree,
  tensor,
  uniform,
  where,
} from '@ebmkit/tensor';
import { checkedCount, checkedPositive } from '../analytic/arguments.js';
import { scopedTree } from '../scoped-tree.js';
import { makeBest, type SearchMethod, type SearchProblem } from './discrete-search.js';

/** The settings of simulated annealing. */
export interface AnnealedOptions {
  /** The key of the search. */
  readonly key: Key;
  /** How many steps, each a try to change one place of every chain. */
  readonly steps: number;
  /** How many chains for each input; the best of them counts. 1 unless given. */
  readonly chains?: number;
  /** The temperature of the first step, in units of the energy; 1 unless given. About the largest change that one place makes. */
  readonly hottest?: number;
  /** The temperature of the last step; 0.01 unless given. Well below the smallest change that matters. */
  readonly coldest?: number;
}

/** Where the chains are, and the lowest place that each has been. */
type Chains = {
  readonly outputs: Tensor;
  readonly energies: Tensor;
  readonly best: Tensor;
  readonly bestEnergies: Tensor;
};

/** A whole number below `count` for each row, from uniforms `[rows]`. */
const below = (u: Tensor, count: number): Tensor => cast(minimum(floor(mul(u, count)), count - 1), 'int32');

function initial({ output, places, inputs, given, evaluate }: SearchProblem, key: Key, chains: number): Chains {
  const rows = inputs * chains;
  const outputs = reshape(below(uniform(key, [rows * places]), output.classes), [rows, places]);
  const energies = evaluate(outputs, given);
  return { outputs, energies, best: outputs, bestEnergies: energies };
}

/** One Metropolis step: every chain tries another category in one place. */
function metropolis(
  { output: { classes }, places, evaluate }: SearchProblem,
  key: Key,
  from: Chains,
  beta: Tensor,
  given: Tree,
): Chains {
  const rows = from.outputs.shape[0] as number;
  const [which, what, whether] = split(key, 3);
  const place = reshape(below(uniform(which, [rows]), places), [rows, 1]);
  const change = add(below(uniform(what, [rows]), Math.max(1, classes - 1)), 1);
  const other = mod(add(from.outputs, reshape(change, [rows, 1])), classes);
  const outputs = where(equal(place, range(places)), other, from.outputs);
  const energies = evaluate(outputs, given);
  const accepted = less(log(uniform(whether, [rows])), mul(sub(from.energies, energies), beta));
  const isBest = less(energies, from.bestEnergies);
  const choose = (choice: Tensor, a: Tensor, b: Tensor): Tensor => where(reshape(choice, [rows, 1]), a, b);
  return {
    outputs: choose(accepted, outputs, from.outputs),
    energies: where(accepted, energies, from.energies),
    best: choose(isBest, outputs, from.best),
    bestEnergies: where(isBest, energies, from.bestEnergies),
  };
}

/**
 * Simulated annealing: Metropolis steps that change one place at a time, at a temperature $`T`$ that falls geometrically from `hottest` to `coldest`. A change of
 * energy $`\Delta`$ is accepted with probability $`\min(1, e^{-\Delta / T})`$. A heuristic: the answer has the energy that is reported, but need not be
 * the lowest. Costs `chains * (steps + 1)` energies for each input. The best output that a chain has met counts, not its last one; of equals the one of the
 * first chain that has it.
 *
 * @param options - The key, the steps, the chains, and the temperatures.
 * @returns A method for `argminOutput`.
 * @throws EbmError when a count or a temperature is out of range, or there is no key.
 * @see Kirkpatrick, Gelatt and Vecchi, "Optimization by simulated annealing", 1983, https://doi.org/10.1126/science.220.4598.671
 *
 * @example
 * ```ts
 * const method = annealed({ key: key(1), steps: 2000, chains: 8 });
 * ```
 */
export function annealed({ key, steps, chains = 1, hottest = 1, coldest = 0.01 }: AnnealedOptions): SearchMethod {
  if (!isKey(key))
    throw new EbmError('argument', `annealed: expected a key, got ${typeof key}. Make one with key(seed).`);
  checkedCount('annealed', 'steps', steps, 1);
  checkedCount('annealed', 'chains', chains, 1);
  checkedPositive('annealed', 'coldest', coldest);
  if (!(checkedPositive('annealed', 'hottest', hottest) >= coldest))
    throw new EbmError(
      'argument',
      `annealed: hottest must be at least coldest, got ${hottest} and ${coldest}. Exchange them.`,
    );
  const betaAt = (step: number): number =>
    (1 / hottest) * (hottest / coldest) ** (steps === 1 ? 1 : step / (steps - 1));
  return {
    name: 'annealed',
    search: async (problem) => {
      const { given, inputs, compile, counted, rest } = problem;
      const [beginning, walk] = split(key, 2);
      const once = (k: Key, from: Chains, beta: Tensor, input: Tree): Chains =>
        scopedTree(() => metropolis(problem, k, from, beta, input));
      const compiled = compile ? jit(once) : undefined;
      let state = scopedTree(() => initial(problem, beginning, chains));
      counted(inputs * chains);
      try {
        for (let step = 0; step < steps; step++) {
          const next = scopedTree(() => (compiled ?? once)(fold(walk, step), state, tensor(betaAt(step)), given));
          retire(state, [next, given]);
          state = next;
          counted(inputs * chains);
          await rest();
        }
        const best = makeBest(problem);
        best.show(Int32Array.from(await read(state.best)), await read(state.bestEnergies));
        return best;
      } finally {
        retire(state, given);
        compiled?.clear();
      }
    },
  };
}
