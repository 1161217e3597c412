import type { DType } from './dtype.js';
import { isKey, type Key } from './key.js';
import type { Attributes, Literal, Primitive } from './primitive.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';

/** A value of a graph: an input, a constant, or the result of one node. */
export interface Variable {
  /** Unique within the graph, in the order of creation. */
  readonly id: number;
  /** Axis lengths; empty for a key. */
  readonly shape: Shape;
  /** Element type, or `key`. */
  readonly dtype: DType | 'key';
}

/** What a node takes: a variable or a literal number. */
export type GraphOperand = Variable | Literal;

/** One operation of a graph. A key operation has the primitive name `split` or `fold` and the attribute `index`. */
export interface GraphNode {
  /** What is done. */
  readonly primitive: Primitive;
  /** To what. */
  readonly inputs: readonly GraphOperand[];
  /** With which constants. */
  readonly attributes: Attributes;
  /** The variable that holds the result. */
  readonly output: Variable;
}

/** A value that the traced function closed over. */
export interface GraphConstant {
  /** The variable that stands for it. */
  readonly variable: Variable;
  /** The tensor or key itself. */
  readonly value: Tensor | Key;
}

/** A traced function: straight-line code in single-assignment form, nodes in an order in which they can run. */
export interface Graph {
  /** One variable per tensor or key among the arguments. */
  readonly inputs: readonly Variable[];
  /** What the function closed over. */
  readonly constants: readonly GraphConstant[];
  /** The operations. */
  readonly nodes: readonly GraphNode[];
  /** One operand per tensor or key of the result. */
  readonly outputs: readonly GraphOperand[];
}

/** Whether a graph operand is a variable rather than a literal. */
export function isVariable(operand: GraphOperand): operand is Variable {
  return 'id' in operand;
}

function nameOf(id: number): string {
  const letter = String.fromCharCode(97 + (id % 26));
  return id < 26 ? letter : `${nameOf(Math.floor(id / 26) - 1)}${letter}`;
}

function typeOf({ shape, dtype }: Variable): string {
  const short = { float32: 'f32', int32: 'i32', bool: 'bool', key: 'key' }[dtype];
  return dtype === 'key' ? short : `${short}[${shape.join(',')}]`;
}

/** A number as text: unlike JSON, with NaN, infinities and negative zero. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Attributes as text; equal texts are equal attributes. */
export function attributesText(attributes: object): string {
  return JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === 'number' && (!Number.isFinite(value) || value === 0) ? `#${numberText(value)}` : value,
  );
}

function showAttribute(value: unknown): string {
  return typeof value === 'number' ? numberText(value) : JSON.stringify(value);
}

function showAttributes(attributes: Attributes): string {
  const entries = Object.entries(attributes);
  return entries.length === 0
    ? ''
    : ` {${entries.map(([name, value]) => `${name}: ${showAttribute(value)}`).join(', ')}}`;
}

/**
 * Prints a graph, one operation a line.
 *
 * @param graph - From `trace`.
 * @returns Text such as `b:f32[3] = mul a a`.
 *
 * @example
 * ```ts
 * console.log(printGraph(trace((x: Tensor) => sum(square(x)))(zeros([3]))));
 * ```
 */
export function printGraph(graph: Graph): string {
  const name = (operand: GraphOperand): string =>
    isVariable(operand) ? nameOf(operand.id) : numberText(operand.literal);
  const declare = (variable: Variable): string => `${nameOf(variable.id)}:${typeOf(variable)}`;
  return [
    `inputs ${graph.inputs.map(declare).join(' ')}`.trimEnd(),
    ...graph.constants.map(
      ({ variable, value }) =>
        `constant ${declare(variable)}${isKey(value) ? ` = key(${value.words?.join(', ') ?? 'traced'})` : ''}`,
    ),
    ...graph.nodes.map(
      ({ primitive, inputs, attributes, output }) =>
        `  ${declare(output)} = ${[primitive.name, ...inputs.map(name)].join(' ')}${showAttributes(attributes)}`,
    ),
    `outputs ${graph.outputs.map(name).join(' ')}`.trimEnd(),
  ].join('\n');
}
