import { EbmError, type Shape, ShapeError, split } from '@ebmkit/tensor';
import { checkedEventShape, showShape } from '../checks.js';
import { applyStage, defineLayer, initStage, type Layer, type ParamsOf, type Stage } from '../layer.js';
import { outputShape } from '../output-shape.js';

/** The parameters of stages one after another: a list of theirs, with null for functions. */
export type SequentialParams<S extends readonly Stage[]> = { readonly [K in keyof S]: ParamsOf<S[K]> };

/** What a sequence may be told. */
export interface SequentialOptions {
  /** The shape of one real state. When given, whether the stages fit each other is checked at construction. */
  readonly eventShape?: Shape;
}

function nameOf(stage: Stage, index: number): string {
  return typeof stage === 'function' && stage.name !== '' ? `${index} (${stage.name})` : String(index);
}

/** Throws unless each stage takes what the one before it gives. */
function checkStages(stages: readonly Stage[], eventShape: Shape): void {
  stages.reduce(
    (shape, stage, i) => {
      try {
        return outputShape(stage, shape);
      } catch (error) {
        if (!(error instanceof ShapeError)) throw error;
        throw new ShapeError(
          `sequential: stage ${nameOf(stage, i)} must take states of shape ${showShape(shape)}, but: ${error.message}`,
        );
      }
    },
    checkedEventShape('sequential', eventShape),
  );
}

/**
 * Layers and functions one after another: $`y = f_m(\cdots f_2(f_1(x)))`$. Plain functions such as `silu` are stages too, without
 * parameters.
 *
 * @param stages - At least one layer or function, first to last.
 * @param options - The shape of one state, to check that the stages fit.
 * @returns A layer whose parameters are the list of the stages' own.
 * @throws EbmError when there is no stage; ShapeError when `eventShape` is given and the stages do not fit.
 *
 * @example
 * ```ts
 * const network = sequential([dense({ inputs: 2, outputs: 64 }), silu, dense({ inputs: 64, outputs: 10 })], { eventShape: [2] });
 * const logits = network.apply(network.init(key(1)), zeros([5, 2])); // [5, 10]
 * ```
 */
export function sequential<const S extends readonly Stage[]>(
  stages: S,
  { eventShape }: SequentialOptions = {},
): Layer<SequentialParams<S>> {
  if (stages.length === 0)
    throw new EbmError('argument', 'sequential: expected at least one layer or function, got none.');
  if (eventShape) checkStages(stages, eventShape);
  return defineLayer<SequentialParams<S>>({
    init: (key) => {
      const keys = split(key, stages.length);
      return stages.map((stage, i) => initStage(stage, keys[i] as (typeof keys)[number])) as SequentialParams<S>;
    },
    apply: (params, x) => stages.reduce((y, stage, i) => applyStage(stage, params[i] as never, y), x),
  });
}
