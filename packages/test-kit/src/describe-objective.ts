import {
  fold,
  free,
  full,
  jit,
  type Key,
  key,
  keyFromWords,
  mapTree,
  memory,
  read,
  retire,
  scoped,
  split,
  structureOf,
  type Tensor,
  type Tree,
  tensorsOf,
  valueGradAux,
} from '@ebmkit/tensor';
import { expect, test } from 'vitest';
import { onEach, type SuiteBackend } from './on-backend.js';

/** A training objective, by structure. */
export interface ObjectiveUnderTest<P extends Tree, B extends Tree, S extends Tree> {
  /** The state before the first batch. */
  readonly init: (params: P, key: Key) => S;
  /** The loss of one batch. */
  readonly loss: (
    key: Key,
    params: P,
    batch: B,
    state: S,
  ) => { readonly loss: Tensor; readonly state: S; readonly metrics: Readonly<Record<string, Tensor>> };
}

/** What the suite is told of an objective. */
export interface ObjectiveCase<P extends Tree, B extends Tree, S extends Tree> {
  /** Makes the objective, on the active backend; its states must share no tensor with parameters or batch. */
  readonly make: () => ObjectiveUnderTest<P, B, S>;
  /** Makes parameters at which the loss is finite. */
  readonly params: () => P;
  /** Makes a batch. */
  readonly batch: () => B;
  /** Backends to run on; the reference backend unless given. */
  readonly backends?: readonly SuiteBackend[];
}

const stepsWithoutLeak = 1000;
const seed = 20250101;

/** All numbers of a tree, with dtypes and shapes, for exact comparison. */
async function numbersOf(tree: unknown): Promise<unknown> {
  const tensors = tensorsOf(tree);
  const arrays = await Promise.all(tensors.map((x) => read(x)));
  return tensors.map(({ shape, dtype }, i) => ({ shape, dtype, values: Array.from(arrays[i] as ArrayLike<number>) }));
}

/** What a compiled step is traced for: structure, shapes and dtypes. */
function signatureOf(tree: unknown): unknown {
  return { structure: structureOf(tree), tensors: tensorsOf(tree).map(({ shape, dtype }) => ({ shape, dtype })) };
}

/** Loss, gradient, next state and metrics as one function, as training uses them. */
function gradientStep<P extends Tree, B extends Tree, S extends Tree>(objective: ObjectiveUnderTest<P, B, S>) {
  return (k: Key, params: P, batch: B, state: S) => {
    const lossOf = (p: P) => {
      const result = objective.loss(k, p, batch, state);
      return [result.loss, { state: result.state, metrics: result.metrics }] as const;
    };
    const { value, aux, grad } = valueGradAux(lossOf)(params);
    return { loss: value, state: aux.state, metrics: aux.metrics, grad };
  };
}

/**
 * Declares the tests that every training objective must pass, on every backend: pure, a finite float32 scalar as loss, scalar
 * metrics, the same compiled to the bit, a finite gradient like the parameters, a state that keeps its structure so that a compiled
 * step is traced once, no tensor leaked, and a loss that is NaN when the parameters are.
 *
 * @param name - The objective's name in the report.
 * @param objectiveCase - The objective, its parameters and a batch.
 */
export function describeObjective<P extends Tree, B extends Tree, S extends Tree>(
  name: string,
  { make, params: makeParams, batch: makeBatch, backends }: ObjectiveCase<P, B, S>,
): void {
  onEach(name, backends, () => {
    const [initKey, stepKey, otherKey] = split(key(seed), 3);
    const begin = () => {
      const [objective, params, batch] = [make(), makeParams(), makeBatch()];
      return { objective, params, batch, state: objective.init(params, initKey) };
    };

    test('is pure: equal inputs give equal outputs, arguments stay as they are', async () => {
      const { objective, params, batch, state } = begin();
      const before = await numbersOf([params, batch, state]);
      const first = objective.loss(stepKey, params, batch, state);
      const other = objective.loss(otherKey, params, batch, state);
      const second = objective.loss(keyFromWords(...stepKey.words), params, batch, state);
      expect(await numbersOf(second)).toEqual(await numbersOf(first));
      expect(await numbersOf([params, batch, state])).toEqual(before);
      free([first, other, second, params, batch, state]);
    });

    test('gives a finite float32 scalar as loss, and scalar metrics', async () => {
      const { objective, params, batch, state } = begin();
      const result = objective.loss(stepKey, params, batch, state);
      expect({ shape: result.loss.shape, dtype: result.loss.dtype }).toEqual({ shape: [], dtype: 'float32' });
      expect(Array.from(await read(result.loss)).every(Number.isFinite)).toBe(true);
      for (const [metric, value] of Object.entries(result.metrics)) expect(value.shape, metric).toEqual([]);
      free([result, params, batch, state]);
    });

    test('has a finite gradient like the parameters, and is the same compiled', async () => {
      const { objective, params, batch, state } = begin();
      const step = gradientStep(objective);
      const compiled = jit(step);
      const compiledLoss = jit(objective.loss);
      const eager = step(stepKey, params, batch, state);
      const plain = objective.loss(stepKey, params, batch, state);
      const [fast, fastLoss] = [compiled(stepKey, params, batch, state), compiledLoss(stepKey, params, batch, state)];
      expect(signatureOf(eager.grad)).toEqual(signatureOf(params));
      for (const x of tensorsOf(eager.grad)) expect(Array.from(await read(x)).every(Number.isFinite)).toBe(true);
      expect(await numbersOf(fast)).toEqual(await numbersOf(eager));
      expect(await numbersOf(fastLoss)).toEqual(await numbersOf(plain));
      expect(await numbersOf(plain.loss)).toEqual(await numbersOf(eager.loss));
      free([eager, plain, fast, fastLoss, params, batch, state]);
      compiled.clear();
      compiledLoss.clear();
    });

    test(`keeps the structure of its state, is traced once and leaks no tensor over ${stepsWithoutLeak} steps`, () => {
      const objective = make();
      const before = memory();
      const {
        params,
        batch,
        state: start,
      } = scoped(() => {
        const [p, b] = [makeParams(), makeBatch()];
        return { params: p, batch: b, state: objective.init(p, initKey) };
      });
      let state = start;
      const signature = signatureOf(state);
      const counts = new Set<number>();
      let traces = 0;
      const step = gradientStep(objective);
      const compiled = jit((k: Key, p: P, b: B, s: S) => {
        traces++;
        return step(k, p, b, s);
      });
      for (let i = 0; i < stepsWithoutLeak; i++) {
        const next = compiled(fold(stepKey, i), params, batch, state);
        retire(state, [next, params, batch]);
        retire(next, [next.state, params, batch]);
        state = next.state;
        if (i < 3) expect(signatureOf(state)).toEqual(signature);
        counts.add(memory().tensors);
      }
      expect(traces).toBe(1);
      expect(counts.size).toBe(1);
      compiled.clear();
      free([state, params, batch]);
      expect(memory()).toEqual(before);
    });

    test('reports parameters that are not a number by a loss that is none', async () => {
      const { objective, params, batch, state } = begin();
      const broken = mapTree((x) => full(x.shape, Number.NaN), params);
      const result = objective.loss(stepKey, broken, batch, state);
      expect(Array.from(await read(result.loss))).toEqual([Number.NaN]);
      free([result, broken, params, batch, state]);
    });
  });
}
