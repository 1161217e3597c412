import {
  type Attributes,
  attributesText,
  type BackendInput,
  type Graph,
  type GraphNode,
  type TensorType,
  type Variable,
} from '@ebmkit/tensor';

/** A graph of one operation, and a text that is equal for equal ones. */
export interface SingleOperation {
  /** What tells it apart. */
  readonly text: string;
  /** The graph: one input for each operand, literals included. */
  readonly graph: () => Graph;
}

function describe(input: BackendInput): string {
  if (input.kind === 'key') return 'k';
  return `${input.kind === 'literal' ? 'l' : ''}${input.dtype}[${input.shape.join()}]`;
}

/** Looks at one operation as a program: its numbers, literals among them, are arguments. */
export function singleOperation(
  primitive: string,
  inputs: readonly BackendInput[],
  attributes: Attributes,
  output: TensorType,
  kernel?: NonNullable<unknown>,
): SingleOperation {
  let text = primitive;
  for (const input of inputs) text += `,${describe(input)}`;
  return {
    text: `${text}|${attributesText(attributes)}|${output.dtype}[${output.shape.join()}]`,
    graph: () => {
      const variables = inputs.map(
        (input, id): Variable =>
          input.kind === 'key' ? { id, shape: [], dtype: 'key' } : { id, shape: input.shape, dtype: input.dtype },
      );
      const result: Variable = { id: inputs.length, ...output };
      const node: GraphNode = {
        primitive: { name: primitive, infer: () => output, ...(kernel && { kernels: { wasm: kernel } }) },
        inputs: variables,
        attributes,
        output: result,
      };
      return { inputs: variables, constants: [], nodes: [node], outputs: [result] };
    },
  };
}
