import {
  add,
  broadcastTo,
  cast,
  EbmError,
  free,
  makePacer,
  type PlainTensor,
  type Tensor,
  type Tree,
  tensor,
  toPlain,
  zeros,
} from '@ebmkit/tensor';
import { condition } from '../algebra/condition.js';
import type { ConditionalEnergy, ContinuousEnergy, Support } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import type { DescentMethod } from './descent-method.js';
import {
  candidateEnergies,
  hostEnergies,
  inputRows,
  type SearchMethod,
  type SearchProblem,
} from './discrete-search.js';
import { exhaustive } from './exhaustive.js';
import { minimise, type WatchOptions } from './minimise.js';
import { type DiscreteOutput, type LabelOutput, placesOf, type RealOutput, type SequenceOutput } from './output.js';

/** The lowest outputs that were found. */
export interface ArgminOutput {
  /** One output for each input: float32 `[n, ...shape]`, int32 labels `[n]`, or int32 sequences `[n, length]`. */
  readonly outputs: PlainTensor;
  /** Their energies, `[n]`. */
  readonly energies: Float64Array;
  /** How many energies were computed, over all inputs: with gradients for real outputs, of prefixes for some beams. */
  readonly evaluations: number;
}

/** What is searched, and how. */
export interface ArgminOptions<O> extends Omit<WatchOptions, 'onProgress'> {
  /** What outputs are: `realOutput(…)`, `labelOutput(…)` or `sequenceOutput(…)`. */
  readonly output: O;
  /**
   * How to search. For labels and sequences `exhaustive()`, which it is unless given, `beam(…)`, `coordinateDescent(…)` or `annealed(…)`; for real outputs a method
   * of `minimise`, `lbfgs()` unless given.
   */
  readonly method?: O extends RealOutput ? DescentMethod : SearchMethod;
}

async function argminReal<C extends Tree>(
  e: ConditionalEnergy<C, Tensor, Support>,
  given: C,
  { output, method, ...watch }: ArgminOptions<RealOutput>,
): Promise<ArgminOutput> {
  const shape = [inputRows('argminOutput', given), ...output.shape];
  const conditional = condition(e, given) as ContinuousEnergy;
  const start = scopedTree(() => (output.start ? add(broadcastTo(output.start, shape), 0) : zeros(shape)));
  const { lower, upper } = output;
  try {
    const found = await minimise(conditional, start, {
      ...watch,
      ...(method && { method }),
      ...(lower !== undefined && { lower }),
      ...(upper !== undefined && { upper }),
    });
    const evaluations = found.evaluations.reduce((a, b) => a + b, 0);
    return { outputs: found.positions, energies: found.energies, evaluations };
  } finally {
    free(start);
  }
}

/** The outputs with what the energy holds fixed in place: the searches do not see it, because the energy does not. */
async function constrained<C extends Tree>(
  { constrain }: ConditionalEnergy<C, Tensor, Support>,
  given: C,
  output: DiscreteOutput,
  outputs: Int32Array,
): Promise<PlainTensor> {
  const inputs = inputRows('argminOutput', given);
  const shape = output.kind === 'label' ? [inputs] : [inputs, output.length];
  if (!constrain) return { dtype: 'int32', shape, data: outputs };
  const placed = scopedTree(() => cast(constrain(tensor(outputs, shape, 'int32'), given), 'int32'));
  const plain = await toPlain(placed);
  free(placed);
  return plain;
}

function checkSignal(signal: AbortSignal | undefined, evaluations: number): void {
  if (signal?.aborted)
    throw new EbmError('aborted', `argminOutput: aborted after ${evaluations} energies.`, { cause: signal.reason });
}

async function argminDiscrete<C extends Tree>(
  e: ConditionalEnergy<C, Tensor, Support>,
  given: C,
  { output, method = exhaustive(), signal, compile = true }: ArgminOptions<DiscreteOutput>,
): Promise<ArgminOutput> {
  const [inputs, places] = [inputRows('argminOutput', given), placesOf(output)];
  const energyOf = (y: Tensor, input: C): Tensor => e.energy(y, input);
  const whole = hostEnergies(energyOf, output, given, compile);
  const prefixes = hostEnergies(
    (method.prefixEnergy as typeof energyOf | undefined) ?? energyOf,
    output,
    given,
    compile,
  );
  const pacer = makePacer(0, 1);
  let evaluations = 0;
  const problem: SearchProblem = {
    inputs,
    output,
    places,
    given,
    compile,
    energies: (candidates, each, length) => {
      evaluations += inputs * each;
      return length === undefined ? whole.energies(candidates, places) : prefixes.energies(candidates, length);
    },
    evaluate: (candidates, input) => candidateEnergies(energyOf, output, candidates, input as C),
    counted: (energies) => {
      evaluations += energies;
    },
    rest: async () => {
      checkSignal(signal, evaluations);
      await pacer.after(0);
    },
  };
  try {
    checkSignal(signal, 0);
    const { outputs, energies } = await method.search(problem);
    return { outputs: await constrained(e, given, output, outputs), energies, evaluations };
  } finally {
    whole.clear();
    prefixes.clear();
  }
}

/**
 * The structured output of an energy: for each input $`x`$ the output of the lowest energy,
 *
 * ```math
 * \hat y(x) = \operatorname*{arg\,min}_y E(y \mid x).
 * ```
 *
 * Exact for `exhaustive` and for a `beam` that is wide enough; otherwise a local minimum or a heuristic, as each method says. It is the mode of
 * $`p(y \mid x) \propto e^{-E(y \mid x)}`$, not a draw: for draws, sample the energy with $`x`$ bound.
 *
 * @param e - The energy of outputs given inputs. Outputs are its first argument.
 * @param given - The inputs, a tensor `[n, ...]` or a tree of tensors that share their first axis; all are searched side by side.
 * @param options - What outputs are, how to search, and a signal that stops it.
 * @returns Outputs, their energies, and how many energies were computed, as plain data. An input all of whose energies are NaN or Infinity gets energy Infinity from
 * the searches that compare candidates.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const nearest = { energy: (label: Tensor, x: Tensor) => squaredNorm(sub(x, gather(centres, label))) };
 * const { outputs } = await argminOutput(nearest, images, { output: labelOutput({ classes: 10 }) });
 * ```
 * @see LeCun, Chopra, Hadsell, Ranzato and Huang, "A tutorial on energy-based learning", 2006, http://yann.lecun.com/exdb/publis/pdf/lecun-06.pdf
 */
export async function argminOutput<C extends Tree, O extends RealOutput | LabelOutput | SequenceOutput>(
  e: ConditionalEnergy<C, Tensor, Support>,
  given: C,
  options: ArgminOptions<O>,
): Promise<ArgminOutput> {
  const { output, method } = options;
  const isDescent = method !== undefined && 'advance' in method;
  if (method && isDescent !== (output.kind === 'real'))
    throw new EbmError(
      'argument',
      `argminOutput: ${method.name} does not search ${output.kind} outputs. Use ${output.kind === 'real' ? 'lbfgs(), nesterov() or gradientDescent()' : 'exhaustive(), beam(), coordinateDescent() or annealed()'}.`,
    );
  return output.kind === 'real'
    ? argminReal(e, given, options as unknown as ArgminOptions<RealOutput>)
    : argminDiscrete(e, given, options as unknown as ArgminOptions<DiscreteOutput>);
}
