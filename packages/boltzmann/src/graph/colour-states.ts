import { EbmError, type Tensor } from '@ebmkit/tensor';
import { pickColumns, placeColumns } from './node-states.js';

/** The name of a block of nodes of one colour. */
export type ColourName = `colour${number}`;

/** The states of blocks by name, `[n, block]` each. */
export type ColourStates = Readonly<Record<ColourName, Tensor>>;

/** Nodes of one colour, which are drawn at once. */
export interface ColourBlock {
  /** The name of the block in `conditional`. */
  readonly name: ColourName;
  /** Its nodes, in the order of its columns. */
  readonly nodes: readonly number[];
}

/** The nodes of each colour by name. */
export function namedBlocks(blocks: readonly (readonly number[])[]): readonly ColourBlock[] {
  return blocks.map((nodes, colour) => ({ name: `colour${colour}` as const, nodes }));
}

/** Joint states cut into blocks. */
export function cutStates(blocks: readonly ColourBlock[], x: Tensor): ColourStates {
  return Object.fromEntries(blocks.map(({ name, nodes }) => [name, pickColumns(x, nodes)]));
}

/** Joint states from blocks. */
export function joinStates(blocks: readonly ColourBlock[], states: ColourStates): Tensor {
  const columns = blocks.map(({ name }) => {
    const block = states[name];
    if (block === undefined)
      throw new EbmError('argument', `boltzmannMachine.fromBlocks: expected states of every block, got no ${name}.`);
    return block;
  });
  return placeColumns(
    columns,
    blocks.flatMap(({ nodes }) => nodes),
  );
}
