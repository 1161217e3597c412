/** All states of `count` sites, each a list of values. */
export function allStates(count: number, values: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: values.length ** count }, (_, state) =>
    Array.from({ length: count }, (__, i) => values[Math.floor(state / values.length ** i) % values.length] as number),
  );
}

/** The means of quantities of states under the distribution of an energy, by adding up all states. */
export function meansOf(
  states: readonly (readonly number[])[],
  energy: (x: readonly number[]) => number,
  quantities: (x: readonly number[]) => readonly number[],
): readonly number[] {
  const weights = states.map((x) => Math.exp(-energy(x)));
  const total = weights.reduce((a, b) => a + b, 0);
  return states
    .map((x, s) => quantities(x).map((q) => (q * (weights[s] as number)) / total))
    .reduce((a, b) => a.map((v, i) => v + (b[i] as number)));
}

/** Every pair of numbers below `count`. */
export function pairsBelow(count: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: count - i - 1 }, (__, j) => [i, i + 1 + j] as const),
  ).flat();
}
