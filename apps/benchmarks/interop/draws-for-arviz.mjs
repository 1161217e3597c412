/**
 * A run of 4 chains of 250 steps whose numbers are the same on every machine: sums of uniform numbers of a linear
 * congruential generator, and no functions that engines round differently.
 */
export function drawsForArviz() {
  let state = 20_260;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const noise = () => uniform() + uniform() + uniform() - 1.5;
  const [steps, chains, features] = [250, 4, 3];
  const theta = new Float32Array(steps * chains * features);
  const spin = new Int32Array(steps * chains);
  const energies = new Float32Array(steps * chains);
  const divergences = new Uint8Array(steps * chains);
  const states = Array.from({ length: chains * features }, noise);
  for (let step = 0; step < steps; step++) {
    for (let chain = 0; chain < chains; chain++) {
      const row = step * chains + chain;
      for (let feature = 0; feature < features; feature++) {
        const at = chain * features + feature;
        states[at] = [0.2, 0.7, 0.95][feature] * states[at] + noise();
        theta[row * features + feature] = states[at] + (chain === 3 && feature === 0 ? 1 : 0);
        energies[row] += states[at] ** 2 / 2;
      }
      spin[row] = uniform() < 0.3 ? -1 : 1;
      divergences[row] = uniform() < 0.01 ? 1 : 0;
    }
  }
  return {
    run: {
      draws: {
        theta: { data: theta, shape: [steps, chains, features] },
        'layers[0].spin': { data: spin, shape: [steps, chains] },
      },
      stats: { energies, acceptanceRate: [0.5, 0.625, 0.75, 0.875], diverged: [0, 3, 0, 1] },
    },
    options: {
      dims: { theta: ['feature'] },
      coords: { feature: ['weight', 'größe', 'age'] },
      divergences,
      attributes: { sampler: 'a linear congruential generator' },
    },
  };
}
