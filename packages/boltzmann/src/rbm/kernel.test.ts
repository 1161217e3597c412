import { gibbs } from '@ebmkit/samplers';
import { cast, expandDims, matMul, mul, reference, reshape, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel } from '@ebmkit/test-kit';
import { bits, jointTable, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, rbm } from '../index.js';

const [V, H] = [6, 4];
const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
const plain = smallMachine(7);
const { p } = jointTable(plain);
const backends = [
  { name: 'reference', make: () => reference() },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
];
const chains = 64;
const broken = () => ({ ...tensorsFor(plain), hiddenBias: tensor([0, Number.NaN, 0, 0]) });
const everyChain = Array.from({ length: 3 }, () => true);

/** The mean of a function of both states, by enumeration. */
function expectation(f: (v: readonly number[], h: readonly number[]) => number): number {
  return p.flatMap((row, v) => row.map((q, h) => q * f(bits(v, V), bits(h, H)))).reduce((s, x) => s + x, 0);
}

const pairs = (n: number, m: number) => Array.from({ length: n * m }, (_, k) => [Math.floor(k / m), k % m] as const);

describeKernel('the kernel of a 6-4 machine', {
  make: () => machine.kernel(tensorsFor(plain)),
  start: () => zeros([chains, V], 'bool'),
  // All products of two visible units; on the diagonal, the units themselves.
  statistics: (x) => {
    const y = cast(x, 'float32');
    return reshape(mul(expandDims(y, 2), expandDims(y, 1)), [chains, V * V]);
  },
  expected: pairs(V, V).map(([i, j]) => expectation((v) => (v[i] as number) * (v[j] as number))),
  broken: () => ({ kernel: machine.kernel(broken()), start: zeros([3, V], 'bool'), diverges: everyChain }),
  backends,
});

describeKernel('gibbs on both layers of a 6-4 machine', {
  make: () => gibbs(machine.conditional(tensorsFor(plain))),
  start: () => ({ hidden: zeros([chains, H], 'bool'), visible: zeros([chains, V], 'bool') }),
  statistics: ({ visible, hidden }: { readonly visible: Tensor; readonly hidden: Tensor }) =>
    reshape(matMul(cast(expandDims(visible, 2), 'float32'), cast(expandDims(hidden, 1), 'float32')), [chains, V * H]),
  expected: pairs(V, H).map(([i, j]) => expectation((v, h) => (v[i] as number) * (h[j] as number))),
  broken: () => ({
    kernel: gibbs(machine.conditional(broken())),
    start: { hidden: zeros([3, H], 'bool'), visible: zeros([3, V], 'bool') },
    diverges: everyChain,
  }),
  backends,
});
