import {
  type Attributes,
  attributesText,
  BackendError,
  type DType,
  type Graph,
  type GraphNode,
  type GraphOperand,
  isVariable,
  sizeOf,
  type TensorType,
  type Variable,
} from '@ebmkit/tensor';
import { elementBytes } from '../element-bytes.js';
import { isMap } from '../fused/map-operations.js';
import { outerReduction } from '../kernels/outer-reduction.js';
import { picksRows } from '../kernels/products/bool-product.js';
import type { KernelRule } from '../kernels/step-kernel.js';
import { folded } from './fold.js';
import { type FuserHost, type MapRequest, place, type Value } from './fuse.js';
import type { FusedNode, Group } from './group.js';
import { kindOf, type NodeKind, reducedRow } from './node-kind.js';
import type { KernelOperand, Plan, PlannedBuffer, PlannedKey, Step } from './plan.js';
import { schedule } from './schedule.js';
import { untransposed } from './untransposed.js';
import {
  type BufferId,
  broadcastView,
  isContiguous,
  reshapeView,
  reverseView,
  sliceView,
  transposeView,
  type View,
  wholeView,
} from './view.js';

/** Turns a graph into a plan: which loops and kernels run in which order, on which buffers. */
class Lowering {
  readonly #buffers: PlannedBuffer[] = [];
  readonly #keys: PlannedKey[] = [];
  readonly #steps: Step[] = [];
  readonly #groups: Group[] = [];
  readonly #values = new Map<number, Value>();
  readonly #keyOf = new Map<number, number>();
  readonly #turned = new Map<number, View>();
  readonly #host: FuserHost;
  readonly #rules: Readonly<Record<string, KernelRule>>;

  constructor(rules: Readonly<Record<string, KernelRule>>) {
    this.#rules = rules;
    this.#host = {
      groups: this.#groups,
      newGroup: (rows, rowSize) => {
        const group: Group = { index: this.#steps.length, rows, rowSize, rowAxes: undefined, nodes: [] };
        this.#steps.push({ kind: 'group', group });
        this.#groups.push(group);
        return group;
      },
      readyAt: ({ buffer }) => (this.#buffers[buffer] as PlannedBuffer).writtenAt,
      stored: (node, shape) => wholeView(this.#storeOf(node), shape, node.dtype),
    };
  }

  plan(graph: Graph): Plan {
    const given = [...graph.inputs, ...graph.constants.map(({ variable }) => variable)];
    given.forEach((variable, slot) => {
      if (variable.dtype === 'key') this.#keyOf.set(variable.id, this.#keys.push({ kind: 'input', slot }) - 1);
      else {
        const bytes = sizeOf(variable.shape) * elementBytes(variable.dtype);
        const buffer = this.#buffers.push({ bytes, kind: 'input', slot, writtenAt: -1 }) - 1;
        this.#values.set(variable.id, { kind: 'view', view: wholeView(buffer, variable.shape, variable.dtype) });
      }
    });
    const kinds = graph.nodes.map((node) => kindOf(node, isMap));
    for (const { node, kind } of schedule(graph, kinds)) this.#lower(node, kind);
    const outputs = graph.outputs.map((output, slot) => {
      const { shape, dtype } = output as TensorType;
      this.#claim(this.#valueOf(output), shape, dtype, slot);
      return sizeOf(shape) * elementBytes(dtype);
    });
    return { buffers: this.#buffers, keys: this.#keys, steps: this.#steps, inputs: given.length, outputs };
  }

  #temporary(bytes: number, writtenAt: number): BufferId {
    return this.#buffers.push({ bytes, kind: 'temporary', slot: -1, writtenAt }) - 1;
  }

  #storeOf(node: FusedNode): BufferId {
    node.store ??= this.#temporary(node.size * elementBytes(node.dtype), node.group.index);
    return node.store;
  }

  #valueOf(operand: GraphOperand): Value {
    if (!isVariable(operand)) return { kind: 'literal', value: operand.literal, dtype: operand.dtype };
    return this.#values.get(operand.id) as Value;
  }

  /** What is in memory, or will be. */
  #viewOf(value: Value, shape: readonly number[]): View {
    if (value.kind === 'view') return value.view;
    if (value.kind === 'fused') return this.#host.stored(value.node, value.shape);
    return this.#viewOf(this.#copied(value, shape), shape);
  }

  /** The value written anew, in row-major order. */
  #copied(value: Value, shape: readonly number[]): Value {
    const dtype = value.kind === 'literal' ? value.dtype : value.kind === 'view' ? value.view.dtype : value.node.dtype;
    return this.#map(
      { op: 'copy', attributes: {}, operands: [value], domain: shape, size: sizeOf(shape), dtype },
      shape,
    );
  }

  #map(request: MapRequest, shape: readonly number[]): Value {
    const node = place(this.#host, request);
    return { kind: 'fused', node, shape };
  }

  /** An elementwise operation, unless its result is known or at hand. */
  #elementwise(op: string, attributes: Attributes, operands: readonly Value[], output: TensorType): Value {
    const { shape, dtype } = output;
    const size = sizeOf(shape);
    const known = dtype === 'float32' ? folded(op, operands) : undefined;
    const isFree = known && (known.kind !== 'fused' || known.node.size === size);
    if (isFree) return this.#reshaped(known, shape, size);
    return this.#map({ op, attributes, operands, domain: shape, size, dtype }, shape);
  }

  /** A product that sums over a single index, element by element: it need not be written to memory. */
  #outerProduct({ inputs, output }: GraphNode): Value {
    const [column, row] = inputs.map((input, i) => {
      const { shape } = input as TensorType;
      const [batches, length] = [shape.slice(0, -2), sizeOf(shape.slice(-2))];
      return this.#reshaped(
        this.#valueOf(input),
        [...batches, ...(i === 0 ? [length, 1] : [1, length])],
        sizeOf(shape),
      );
    });
    return this.#elementwise('mul', {}, [column as Value, row as Value], { shape: output.shape, dtype: 'float32' });
  }

  #contiguous(value: Value, shape: readonly number[]): View {
    const view = this.#viewOf(value, shape);
    return isContiguous(view) ? view : this.#viewOf(this.#copied(value, shape), shape);
  }

  #lower(node: GraphNode, kind: NodeKind): void {
    const { output, attributes, inputs } = node;
    if (kind === 'key') {
      const parent = this.#keyOf.get((inputs[0] as { id: number }).id) as number;
      const { index } = attributes as { index: number };
      const how = node.primitive.name as 'split' | 'fold';
      this.#keyOf.set(output.id, this.#keys.push({ kind: 'derived', parent, index, how }) - 1);
      return;
    }
    this.#values.set(output.id, this.#lowered(node, kind));
  }

  #lowered(node: GraphNode, kind: NodeKind): Value {
    const { output, attributes, inputs } = node;
    const { shape } = output;
    const dtype = output.dtype as DType;
    const size = sizeOf(shape);
    if (size === 0) return { kind: 'view', view: wholeView(this.#temporary(0, -1), shape, dtype) };
    const first = (): Value => this.#valueOf(inputs[0] as GraphOperand);
    switch (kind) {
      case 'constant': {
        const { value } = attributes as { value: number };
        return { kind: 'literal', value, dtype };
      }
      case 'map': {
        const operands = inputs.map((input) => this.#valueOf(input));
        return this.#elementwise(node.primitive.name, attributes, operands, { shape, dtype });
      }
      case 'outerProduct':
        return this.#outerProduct(node);
      case 'reshape':
      case 'broadcast':
        return this.#reshaped(first(), shape, size);
      case 'view':
        return { kind: 'view', view: this.#moved(node, first(), inputs[0] as TensorType) };
      case 'kernel':
        return this.#kernel(node);
      default:
        return this.#reduced(node, kind, first());
    }
  }

  #reshaped(value: Value, shape: readonly number[], size: number): Value {
    if (value.kind === 'literal') return value;
    if (value.kind === 'fused') {
      if (value.node.size === size) return { ...value, shape };
      return this.#copied(value, shape);
    }
    const isReshape = sizeOf(value.view.shape) === size;
    const view = isReshape ? reshapeView(value.view, shape) : broadcastView(value.view, shape);
    return view
      ? { kind: 'view', view }
      : { ...(this.#copied(value, value.view.shape) as Value & { kind: 'fused' }), shape };
  }

  #moved(node: GraphNode, value: Value, { shape }: TensorType): View {
    const view = this.#viewOf(value, shape);
    const a = node.attributes as Readonly<Record<string, readonly number[]>>;
    if (node.primitive.name === 'transpose') return transposeView(view, a['permutation'] as readonly number[]);
    if (node.primitive.name === 'reverse') return reverseView(view, a['axes'] as readonly number[]);
    return sliceView(view, a['begin'] as readonly number[], a['size'] as readonly number[]);
  }

  #reduced(node: GraphNode, kind: NodeKind, value: Value): Value {
    const { output, attributes, primitive } = node;
    const { shape: domain } = node.inputs[0] as TensorType;
    const dtype = output.dtype as DType;
    const { axes } = attributes as { axes: readonly number[] };
    const row = reducedRow(domain, axes);
    const size = sizeOf(output.shape);
    if (sizeOf(domain) === 0) return { kind: 'literal', value: 0, dtype };
    if (row === 1) return this.#reshaped(value, output.shape, size);
    if (kind === 'reduction') {
      const view = this.#viewOf(value, domain);
      const at = this.#steps.length;
      const buffer = this.#temporary(size * elementBytes(dtype), at);
      const kernel = outerReduction(primitive.name as 'sum', view, axes, dtype);
      const operand: KernelOperand = { kind: 'buffer', buffer: view.buffer, byteOffset: 0 };
      const { shape, strides, offset } = view;
      const identity = `${primitive.name} ${JSON.stringify([shape, strides, offset, axes, dtype])}`;
      this.#steps.push({
        kind: 'kernel',
        label: primitive.name,
        identity,
        kernel,
        operands: [operand],
        output: buffer,
      });
      return { kind: 'view', view: wholeView(buffer, output.shape, dtype) };
    }
    const how = kind === 'rowReduction' ? { rowReduction: row as number } : { endReduction: row as number };
    return this.#map({ op: primitive.name, attributes, operands: [value], domain, size, dtype, ...how }, output.shape);
  }

  #kernel(node: GraphNode): Value {
    const { primitive, inputs, attributes, output } = node;
    const dtype = output.dtype as DType;
    const rule = this.#rules[primitive.name] ?? (primitive.kernels?.wasm as KernelRule | undefined);
    if (!rule) throw new BackendError(`wasm: no rule for ${primitive.name}.`);
    const flipped = primitive.name === 'matMul' ? this.#flips(node) : undefined;
    const types: (TensorType | undefined)[] = [];
    const operands = inputs.map((input, i): KernelOperand => {
      const key = isVariable(input) ? this.#keyOf.get(input.id) : undefined;
      if (key !== undefined) {
        types.push(undefined);
        return { kind: 'key', key };
      }
      const shape = isVariable(input) ? input.shape : [];
      const view = flipped?.[i] ?? this.#contiguous(this.#valueOf(input), shape);
      types.push({ shape: view.shape, dtype: view.dtype });
      return { kind: 'buffer', buffer: view.buffer, byteOffset: view.offset * elementBytes(view.dtype) };
    });
    const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
    const adjusted = flipped
      ? {
          ...attributes,
          transposeA: transposeA !== (flipped[0] !== undefined),
          transposeB: transposeB !== (flipped[1] !== undefined),
        }
      : attributes;
    const buffer = this.#temporary(sizeOf(output.shape) * elementBytes(dtype), this.#steps.length);
    const kernel = rule(types, adjusted, { shape: output.shape, dtype });
    const identity = `${primitive.name} ${JSON.stringify([types, output.shape, dtype])} ${attributesText(adjusted)}`;
    this.#steps.push({ kind: 'kernel', label: primitive.name, identity, kernel, operands, output: buffer });
    return { kind: 'view', view: wholeView(buffer, output.shape, dtype) };
  }

  /**
   * For each factor of a product that is a transposed look at a buffer, the look at it the other way round. A matrix whose transposed rows are picked is written
   * the other way round, once for all products: Gibbs steps down from hidden bits all multiply by the same weights.
   */
  #flips({ inputs, attributes, output }: GraphNode): readonly (View | undefined)[] {
    const [first, second] = inputs as readonly Variable[];
    const picks = attributes.transposeB && first?.dtype === 'bool' && second?.dtype === 'float32';
    return (inputs as readonly Variable[]).map((input, i) => {
      const value = this.#valueOf(input);
      const flipped = value.kind === 'view' ? untransposed(value.view) : undefined;
      if (flipped || i === 0 || !picks || !picksRows(output.shape, input.shape)) return flipped;
      const turned = this.#turned.get(input.id) ?? transposeView(this.#viewOf(value, input.shape), [1, 0]);
      const copy = this.#contiguous({ kind: 'view', view: turned }, turned.shape);
      this.#turned.set(input.id, copy);
      return copy;
    });
  }

  /** Makes a value the output of a number: its buffer if that can be given away, a copy if not. */
  #claim(value: Value, shape: readonly number[], dtype: DType, slot: number): void {
    const view = this.#viewOf(value, shape);
    const buffer = this.#buffers[view.buffer] as PlannedBuffer;
    const isWhole = isContiguous(view) && view.offset === 0 && buffer.bytes === sizeOf(shape) * elementBytes(dtype);
    if (buffer.kind === 'temporary' && isWhole) {
      buffer.kind = 'output';
      buffer.slot = slot;
      return;
    }
    this.#claim(this.#copied({ kind: 'view', view }, shape), shape, dtype, slot);
  }
}

/**
 * Plans a graph.
 *
 * @param graph - A simplified graph whose outputs are computed by nodes.
 * @param rules - Kernels by the name of the primitive.
 */
export function lower(graph: Graph, rules: Readonly<Record<string, KernelRule>>): Plan {
  return new Lowering(rules).plan(graph);
}
