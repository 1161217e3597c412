import { EbmError } from './errors.js';
import type { Graph, GraphConstant, GraphNode, GraphOperand, Variable } from './graph.js';
import { type Interpreter, reshapePrimitive, typesOf, withInterpreter } from './interpreter.js';
import { isKey, type Key, makeSymbolicKey, symbolOf } from './key.js';
import type { Attributes, Operand, Primitive } from './primitive.js';
import { makeSlot } from './result-tree.js';
import { enrol, free, keep } from './scope.js';
import { simplify } from './simplify.js';
import { isTensor, makeTensor, type Tensor, tensorTag } from './tensor.js';
import { leavesOf, mapLeaves } from './tree.js';

const keyOperation = (name: 'split' | 'fold'): Primitive => ({
  name,
  infer: () => {
    throw new EbmError('trace', `${name}: keys have no tensor type.`);
  },
});

/** The two operations on keys, as they stand in graphs. */
const keyOperations = { split: keyOperation('split'), fold: keyOperation('fold') } as const;

/** Records operations on tensors that stand for numbers not yet known. */
interface Recorder extends Interpreter {
  readonly input: (leaf: Tensor | Key) => Tensor | Key;
  readonly operand: (value: Operand) => GraphOperand;
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly GraphConstant[];
  readonly inputs: readonly Variable[];
  readonly adopted: readonly Tensor[];
}

function makeRecorder(level: number): Recorder {
  const nodes: GraphNode[] = [];
  const constants: GraphConstant[] = [];
  const inputs: Variable[] = [];
  const adopted: Tensor[] = [];
  const captured = new Map<Tensor | Key, Variable>();
  let next = 0;

  const variable = (shape: Tensor['shape'], dtype: Variable['dtype']): Variable => ({ id: next++, shape, dtype });
  const variableFor = (value: Tensor | Key): Variable =>
    isKey(value) ? variable([], 'key') : variable(value.shape, value.dtype);
  const tensorFor = (v: Variable): Tensor =>
    makeTensor(v.shape, v.dtype as Tensor['dtype'], { kind: 'watched', interpreter: recorder, detail: v });
  const keyFor = (v: Variable): Key =>
    makeSymbolicKey({
      interpreter: recorder,
      detail: v,
      child: (index, how) => {
        const output = variable([], 'key');
        nodes.push({ primitive: keyOperations[how], inputs: [v], attributes: { index }, output });
        return keyFor(output);
      },
    });
  const own = (value: Tensor | Key): Variable | undefined => {
    if (isKey(value)) {
      const symbol = symbolOf(value);
      return symbol?.interpreter === recorder ? (symbol.detail as Variable) : undefined;
    }
    const payload = value[tensorTag];
    return payload.kind === 'watched' && payload.interpreter === recorder ? (payload.detail as Variable) : undefined;
  };
  const operand = (value: Operand): GraphOperand => {
    if (!isTensor(value) && !isKey(value)) return value;
    const known = own(value) ?? captured.get(value);
    if (known) return known;
    const fresh = variableFor(value);
    captured.set(value, fresh);
    constants.push({ variable: fresh, value });
    return fresh;
  };

  const recorder: Recorder = {
    level,
    seesAll: true,
    nodes,
    constants,
    inputs,
    adopted,
    adopt: (tensor) => {
      adopted.push(keep(tensor));
    },
    operand,
    input: (leaf) => {
      const v = variableFor(leaf);
      inputs.push(v);
      return isKey(leaf) ? keyFor(v) : tensorFor(v);
    },
    process: (primitive: Primitive, operands: readonly Operand[], attributes: Attributes): Tensor => {
      const type = primitive.infer(typesOf(operands), attributes);
      const inputsOf = operands.map(operand);
      const output = variable(type.shape, type.dtype);
      nodes.push({ primitive, inputs: inputsOf, attributes, output });
      return tensorFor(output);
    },
  };
  return recorder;
}

/** A graph and the tree that its outputs fill. */
export interface Traced {
  /** The function as a graph. */
  readonly graph: Graph;
  /** The result's structure: a slot in place of each tensor or key, constants as they are. */
  readonly result: unknown;
  /** Tensors that were uploaded during tracing; the graph needs them. */
  readonly adopted: readonly Tensor[];
}

/** Traces `f` applied to a tuple of trees; every tensor and key in them becomes an input. */
export function traceFunction(f: (...args: never[]) => unknown, args: readonly unknown[]): Traced {
  return withInterpreter(makeRecorder, (recorder) => {
    const symbolic = mapLeaves(args, (leaf) =>
      isTensor(leaf) || isKey(leaf) ? recorder.input(leaf) : leaf,
    ) as never[];
    const result = runTraced(recorder, () => f(...symbolic));
    const outputs: GraphOperand[] = [];
    const slots = mapLeaves(result, (leaf) => {
      if (!isTensor(leaf) && !isKey(leaf)) return leaf;
      outputs.push(recorder.operand(isTensor(leaf) ? copyIfAdopted(recorder, leaf) : leaf));
      return makeSlot(outputs.length - 1);
    });
    const { inputs, constants, nodes, adopted } = recorder;
    return { graph: simplify({ inputs, constants, nodes, outputs }), result: slots, adopted };
  });
}

/** Runs the function to trace; when it fails, what it uploaded is freed. */
function runTraced(recorder: Recorder, f: () => unknown): unknown {
  try {
    const result = f();
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function')
      throw new EbmError(
        'trace',
        'jit: expected a synchronous function, got one that returns a promise. Await outside of it.',
      );
    return result;
  } catch (error) {
    free(recorder.adopted);
    throw error;
  }
}

/**
 * A result that was uploaded during tracing must be new at every call, so that its owner may free it; also behind
 * `stopGradient`, which is removed from graphs that run.
 */
function copyIfAdopted(recorder: Recorder, result: Tensor): Tensor {
  let source = recorder.operand(result);
  for (const { primitive, inputs, output } of recorder.nodes.toReversed())
    if (output === source && primitive.name === 'stopGradient') source = inputs[0] as GraphOperand;
  const uploaded = recorder.constants.find(({ variable }) => variable === source)?.value;
  if (!uploaded || isKey(uploaded) || !recorder.adopted.includes(uploaded)) return result;
  return recorder.process(reshapePrimitive as unknown as Primitive, [result], { shape: result.shape });
}

/**
 * Records what a function does as a graph, without computing anything. Tensors that the function uploads belong to the
 * scope in which it is traced.
 *
 * @param f - A synchronous function of trees that only uses this package's operations on its tensors.
 * @returns A function of the same arguments (only shapes, dtypes and constants matter) that gives the graph.
 *
 * @example
 * ```ts
 * const graph = trace((x: Tensor) => mul(x, 2))(zeros([3]));
 * ```
 */
export function trace<A extends readonly unknown[]>(f: (...args: A) => unknown): (...args: A) => Graph {
  return (...args) => {
    const { graph, adopted } = traceFunction(f, args);
    adopted.forEach(enrol);
    return graph;
  };
}

/** The tensors and keys among a tuple of arguments, in the order of a graph's inputs. */
export function inputsOf(args: readonly unknown[]): (Tensor | Key)[] {
  return leavesOf(args).filter((leaf): leaf is Tensor | Key => isTensor(leaf) || isKey(leaf));
}
