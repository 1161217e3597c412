import * as ops from '@ebmkit/tensor';
import {
  type Backend,
  fold,
  free,
  grad,
  jit,
  jitWhile,
  type Key,
  key,
  memory,
  retire,
  scoped,
  split,
  type Tensor,
} from '@ebmkit/tensor';

/** The state of a small Langevin chain, as kernels keep it. */
type Chain = {
  readonly position: Tensor;
  readonly energy: Tensor;
  readonly gradient: Tensor;
};

const energy = (x: Tensor): Tensor => ops.sumEvent(ops.add(ops.mul(ops.square(x), 0.5), ops.softplus(x)));

function start(x: Tensor): Chain {
  return { position: x, energy: energy(x), gradient: grad((t: Tensor) => ops.sum(energy(t)))(x) };
}

/** One Metropolis-adjusted Langevin step without its corrections: draws, a gradient, a choice by row. */
function langevinStep(k: Key, { position, energy: before, gradient }: Chain): Chain {
  const [forNoise, forChoice] = split(k, 2);
  const noise = ops.mul(ops.normal(forNoise, position.shape), 0.3);
  const proposal = start(ops.add(ops.sub(position, ops.mul(gradient, 0.05)), noise));
  const accept = ops.less(ops.log(ops.uniform(forChoice, before.shape)), ops.sub(before, proposal.energy));
  const choose = (a: Tensor, b: Tensor): Tensor =>
    ops.where(a.shape.length === 1 ? accept : ops.perRow(accept, a.shape), a, b);
  return {
    position: choose(proposal.position, position),
    energy: choose(proposal.energy, before),
    gradient: choose(proposal.gradient, gradient),
  };
}

/** The step that reads numbers. */
export const loopStep = 'a step whose length depends on its numbers';

/** Steps that a driver runs many times, by name: each takes a key and a state and gives a state. */
export const steps: Readonly<
  Record<string, () => { readonly run: (k: Key, state: Chain) => Chain; readonly end: () => void }>
> = {
  'an eager step': () => ({ run: langevinStep, end: () => undefined }),
  'a jitted step': () => {
    const compiled = jit(langevinStep);
    return { run: compiled, end: compiled.clear };
  },
  [loopStep]: () => {
    const compiled = jitWhile({
      begin: (k: Key, state: Chain) => ({ state: langevinStep(k, state), passed: state.energy }),
      goesOn: ({ state }) => ops.greater(state.energy, 6),
      round: (k, { state, passed }) => ({ state: langevinStep(k, state), passed }),
      end: ({ state }) => state,
    });
    return { run: compiled, end: compiled.clear };
  },
  'a training step': () => ({
    run: (k, state) => {
      const loss = (x: Tensor): Tensor => ops.mean(energy(ops.add(x, ops.normal(k, x.shape))));
      const { grad: slope } = ops.valueAndGrad(loss)(state.position);
      return { ...state, position: ops.sub(state.position, ops.mul(slope, 0.1)) };
    },
    end: () => undefined,
  }),
};

/** How many tensors and handles are alive. */
export interface Alive {
  /** Tensors of all backends. */
  readonly tensors: number;
  /** Handles of the backend under test. */
  readonly handles: number;
}

/** Counts what is alive. */
export function countAlive(backend: Backend): Alive {
  return { tensors: memory().tensors, handles: backend.memory().handles };
}

/** Runs a step many times as a driver does, frees its state at the end, and gives the last position. */
export function drive(name: string, count: number): readonly number[] {
  const { run, end } = (steps[name] as (typeof steps)[string])();
  const x = ops.normal(key(3), [4, 3]);
  let state = scoped(() => start(x));
  for (let step = 0; step < count; step++) {
    const next = scoped(() => run(fold(key(5), step), state));
    retire(state, next);
    state = next;
  }
  free(state);
  free(x);
  end();
  return x.shape;
}
