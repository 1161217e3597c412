import { blockUntilReady, grad, jit, nn, numpy as np, random } from '@jax-js/jax';
import { estimateOf } from './statistics.js';
import type { Inputs, Parameters, Prepared } from './workload.js';
import { momentsOf } from './workloads/chains.js';

type Matrix = np.Array;
type Make = (parameters: Parameters, inputs: Inputs) => Prepared;

const array = (values: Float32Array, shape: number[]): Matrix => np.array(values).reshape(shape);

const numberOf = (parameters: Parameters, name: string): number => parameters[name] as number;

/** Chains whose step is compiled; waits at the end of a run, and frees every state on the way. */
function chains(
  { chains: rows, dim, steps }: Parameters,
  start: Float32Array,
  step: (key: Matrix, x: Matrix) => Matrix,
  judge: (end: Float32Array) => ReturnType<Prepared['quality']>,
): Prepared {
  const first = array(start, [Number(rows), Number(dim)]);
  const compiled = jit(step);
  let seed = 1;
  const sample = async (): Promise<Matrix> => {
    const keys = random.split(random.key(seed++), Number(steps));
    let x = first.ref;
    for (let i = 0; i < Number(steps); i++) x = compiled(keys.ref.slice(i), x);
    keys.dispose();
    await blockUntilReady(x);
    return x;
  };
  return {
    run: async () => (await sample()).dispose(),
    quality: async () => judge(Float32Array.from(await (await sample()).data())),
    release: () => {
      compiled.dispose();
      first.dispose();
    },
  };
}

/** A Langevin step down a gradient. */
function langevinStep(energy: (x: Matrix) => Matrix, stepSize: number) {
  const slope = grad(energy);
  return (key: Matrix, x: Matrix): Matrix => {
    const noise = random.normal(key, x.shape).mul(Math.sqrt(2 * stepSize));
    return x.ref.sub(slope(x).mul(stepSize)).add(noise);
  };
}

function doubleWell(x: Matrix): Matrix {
  const depth = x.ref.mul(x).sub(1);
  return depth.ref.mul(depth).sum().mul(2);
}

const langevin: Make = (parameters, { start }) =>
  chains(parameters, start as Float32Array, langevinStep(doubleWell, numberOf(parameters, 'stepSize')), momentsOf);

const mlpLangevin: Make = (parameters, { start, weights }) => {
  const [rows, dim] = [numberOf(parameters, 'chains'), numberOf(parameters, 'dim')];
  const sizes = [[dim, 128], [128], [128, 128], [128], [128, 1], [1]];
  let offset = 0;
  const [w1, b1, w2, b2, w3, b3] = sizes.map((shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    offset += count;
    return array((weights as Float32Array).slice(offset - count, offset), shape);
  }) as [Matrix, Matrix, Matrix, Matrix, Matrix, Matrix];
  const energies = (x: Matrix): Matrix => {
    const first = nn.silu(np.matmul(x, w1.ref).add(b1.ref));
    const second = nn.silu(np.matmul(first, w2.ref).add(b2.ref));
    return np.matmul(second, w3.ref).add(b3.ref).reshape([-1]);
  };
  const at = async (x: Float32Array) => energies(array(x, [rows, dim])).data();
  return chains(
    parameters,
    start as Float32Array,
    langevinStep((x) => energies(x).sum(), numberOf(parameters, 'stepSize')),
    async (end) => {
      const [before, after] = [await at(start as Float32Array), await at(end)];
      return { energyDrop: estimateOf(Float64Array.from(before, (value, i) => Number(value) - Number(after[i]))) };
    },
  );
};

const normals: Make = (parameters) => {
  const [count, repeats] = [numberOf(parameters, 'count'), numberOf(parameters, 'repeats')];
  const draw = jit((key: Matrix) => random.normal(key, [count]));
  let seed = 1;
  return {
    run: async () => {
      for (let i = 0; i < repeats; i++) {
        const values = draw(random.key(seed++));
        await blockUntilReady(values);
        values.dispose();
      }
    },
    quality: async () => {
      const values = Float64Array.from(await draw(random.key(seed++)).data());
      return {
        mean: estimateOf(values),
        secondMoment: estimateOf(values, (x) => x * x),
        fourthMoment: estimateOf(values, (x) => x ** 4),
      };
    },
    release: () => draw.dispose(),
  };
};

const product: Make = (parameters, { a, b }) => {
  const [m, k, n] = ['m', 'k', 'n'].map((name) => numberOf(parameters, name)) as [number, number, number];
  const { transposed } = parameters;
  const left = array(a as Float32Array, transposed === 'a' ? [k, m] : [m, k]);
  const right = array(b as Float32Array, transposed === 'b' ? [n, k] : [k, n]);
  const multiply = jit((x: Matrix, y: Matrix) =>
    np.matmul(transposed === 'a' ? np.transpose(x) : x, transposed === 'b' ? np.transpose(y) : y),
  );
  const once = () => blockUntilReady(multiply(left.ref, right.ref));
  return {
    run: async () => (await once()).dispose(),
    quality: async () => {
      const values = await (await once()).data();
      let [sum, weighted] = [0, 0];
      for (const [i, value] of values.entries()) {
        sum += Number(value);
        weighted += Number(value) * Math.cos(Math.floor(i / n)) * Math.cos(i % n);
      }
      return { sum: { mean: sum, error: 0 }, weightedSum: { mean: weighted, error: 0 } };
    },
    release: () => {
      multiply.dispose();
      left.dispose();
      right.dispose();
    },
  };
};

/** What jax-js does, by the names of the workloads. */
export const jaxJsWorkloads: Readonly<Record<string, Make>> = {
  'langevin-sampler': langevin,
  'mlp-langevin': mlpLangevin,
  'standard-normals': normals,
  'matrix-product': product,
};
