import { attributesText } from '@ebmkit/tensor';
import type { FusedNode, Group } from '../compiler/group.js';
import { buffersOf } from './loop.js';

/** A text that is equal for loops that run the same code on other buffers. */
export function identityOf(group: Group): string {
  const places = new Map(buffersOf(group).map((buffer, place) => [buffer, place]));
  const numbers = new Map<FusedNode, number>(group.nodes.map((node, i) => [node, i]));
  const nodes = group.nodes.map(({ op, attributes, operands, operandTypes, dtype, size, reducedRow, store }) => [
    op,
    attributes,
    operands.map((operand) => {
      if (operand.kind === 'literal') return [operand.value, operand.dtype];
      if (operand.kind === 'node') return numbers.get(operand.node);
      const { buffer, dtype: type, shape, strides, offset } = operand.view;
      return [places.get(buffer), type, shape, strides, offset, operand.rows];
    }),
    operandTypes,
    dtype,
    size,
    reducedRow ?? 0,
    store === undefined ? -1 : places.get(store),
  ]);
  return `loop ${attributesText([group.rows, group.rowSize, group.rowAxes ?? 0, nodes])}`;
}
