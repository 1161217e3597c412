import { read, retire, scoped, type Tensor, tensor } from '@ebmkit/tensor';

const mostBits = 24;
const statesAtOnce = 2 ** 14;

/** How many states of `bits` binary units there are; throws for more than 24 units. */
function countStates(bits: number): number {
  if (!Number.isInteger(bits) || bits < 1 || bits > mostBits)
    throw new RangeError(`enumerate: bits must be a whole number from 1 to ${mostBits}, got ${bits}.`);
  return 2 ** bits;
}

/**
 * The states of binary units in the order of counting: unit `j` of state `i` is bit `j` of `i`.
 *
 * @param bits - How many units, 1 to 24.
 * @param begin - The number of the first state; 0 unless given.
 * @param count - How many states; all that are left unless given.
 * @returns A bool tensor `[count, bits]` on the active backend.
 */
export function enumerate(bits: number, begin = 0, count = countStates(bits) - begin): Tensor {
  const states = new Uint8Array(count * bits);
  for (let i = 0; i < count; i++) for (let j = 0; j < bits; j++) states[i * bits + j] = ((begin + i) >> j) & 1;
  return tensor(states, [count, bits]);
}

/** A distribution over the states of binary units. */
export interface EnumeratedDistribution {
  /** The log of the sum of $`e^{-E}`$ over all states. */
  readonly logZ: number;
  /** The probability of each state, in the order of `enumerate`. */
  readonly probabilities: Float64Array;
}

/**
 * The distribution of an energy over binary states by adding up all of them.
 *
 * @param energy - From bool states `[n, bits]` to `[n]`.
 * @param bits - How many units, 1 to 24.
 */
export async function enumerateDistribution(
  energy: (x: Tensor) => Tensor,
  bits: number,
): Promise<EnumeratedDistribution> {
  const total = countStates(bits);
  const energies = new Float64Array(total);
  for (let begin = 0; begin < total; begin += statesAtOnce) {
    const part = scoped<Tensor>(() => energy(enumerate(bits, begin, Math.min(statesAtOnce, total - begin))));
    energies.set(await read(part), begin);
    retire(part, undefined);
  }
  const least = energies.reduce((a, b) => Math.min(a, b));
  const weights = energies.map((e) => Math.exp(least - e));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { logZ: Math.log(sum) - least, probabilities: weights.map((w) => w / sum) };
}
