import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeEnergy } from '@ebmkit/test-kit';
import {
  ackley,
  banana,
  type ExactEnergy,
  funnel,
  harmonic,
  hybridRosenbrock,
  manyWell,
  muellerBrown,
  rastrigin,
  ring,
  rosenbrock,
  twoMoons,
} from '../index.js';

const backends = [
  { name: 'reference', make: () => import('@ebmkit/tensor').then(({ reference }) => reference()) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
];

const cases: Readonly<Record<string, () => ExactEnergy>> = {
  'harmonic bowl': () => harmonic({ stiffness: [4, 0.5], mean: [1, -2] }),
  'harmonic image': () => harmonic({ stiffness: 3, eventShape: [2, 2] }),
  'many well': () => manyWell({ eventShape: [2] }),
  'flat many well': () => manyWell({ quartic: 0.5, quadratic: 2, tilt: -0.3, stiffness: 4, eventShape: [2, 2] }),
  'rosenbrock valley': () => rosenbrock({ a: 0.25, b: 1, beta: 6 }),
  'hybrid rosenbrock': () => hybridRosenbrock({ blocks: 2, blockLength: 3, precision: 1.5, curvature: 2.5 }),
  'confined ackley': () => ackley({ confinement: 1, beta: 0.3 }),
  'ackley of one axis': () => ackley({ confinement: 0.2, eventShape: [1] }),
  rastrigin: () => rastrigin({ eventShape: [1] }),
  'warm rastrigin': () => rastrigin({ beta: 0.25, amplitude: 3 }),
  funnel: () => funnel({ scale: 0.5, eventShape: [2] }),
  'wide funnel': () => funnel({ scale: 1, eventShape: [4] }),
  banana: () => banana({ scale: 2, curvature: 0.08 }),
  'long banana': () => banana({ eventShape: [2, 2] }),
  ring: () => ring({ radius: 3, scale: 0.4 }),
  shell: () => ring({ radius: 0.5, scale: 0.8, eventShape: [3] }),
  'two moons': () => twoMoons(),
  'broad two moons': () => twoMoons({ radius: 3, scale: 0.4, spread: 0.6 }),
  'Müller-Brown': () => muellerBrown(),
  'cold Müller-Brown': () => muellerBrown({ beta: 5 }),
  'warm Müller-Brown': () => muellerBrown({ beta: 0.02 }),
};

/** Those that need a finer grid than 241 points to an axis. */
const fine = new Set(['warm rastrigin', 'two moons']);

for (const [name, make] of Object.entries(cases)) {
  const e = make();
  const points = e.mean.length === 1 ? 4001 : fine.has(name) ? 361 : 241;
  describeEnergy(name, { make: () => e, backends, points, smooth: !name.includes('ackley') });
}
