import type { BlockConditional } from '@ebmkit/energy';
import { concat, EbmError, type Key, ShapeError, scoped, type Tensor, zeros } from '@ebmkit/tensor';
import { type ColourBlock, type ColourName, type ColourStates, namedBlocks } from './colour-states.js';
import { drawBlock } from './draw-block.js';
import { flatParameters, type GraphParameters, hasNumbers } from './graph-parameters.js';
import type { LinearPart } from './interaction-groups.js';
import type { NodeKind } from './node-kind.js';
import { dtypeOf, toStates, toValues } from './node-states.js';
import type { SweepPlan } from './sweep-plan.js';

/** What the machine on a graph is made of. */
export interface GraphStructure {
  /** The kinds of all nodes. */
  readonly nodes: readonly NodeKind[];
  /** The energy, part by part. */
  readonly parts: Readonly<Record<'bias' | 'weight', LinearPart>>;
}

type SomeStates = Partial<ColourStates>;

/** The values of all nodes from the states of the blocks; those of the block that is drawn do not matter. */
function valuesOf(blocks: readonly ColourBlock[], drawn: ColourName, x: SomeStates): Tensor {
  const given = Object.values(x)[0];
  if (given === undefined)
    throw new EbmError('argument', 'sampleBlock: expected the states of the other blocks, got none. Pass them.');
  const n = given.shape[0] as number;
  const parts = blocks.map(({ name, nodes }) => {
    const states = x[name];
    if (name === drawn) return zeros([nodes.length, n]);
    if (states === undefined)
      throw new EbmError('argument', `sampleBlock: the states of ${name} are required to draw ${drawn}. Pass them.`);
    if (states.shape.length !== 2 || states.shape[0] !== n || states.shape[1] !== nodes.length)
      throw new ShapeError(
        `sampleBlock: ${name} must be [${n}, ${nodes.length}], got [${states.shape.join(', ')}]. Cut states by toBlocks.`,
      );
    return toValues(states);
  });
  return parts.length === 1 ? (parts[0] as Tensor) : concat(parts);
}

/**
 * The conditionals of the colours of a graph: nodes of one colour are independent given the others, and are drawn exactly.
 *
 * @param structure - The machine.
 * @param plan - How to sweep over all nodes.
 * @param params - The parameters.
 * @returns Blocks `colour0`, `colour1`, … with states `[n, block]`.
 */
export function graphConditional(
  { nodes, parts }: GraphStructure,
  plan: SweepPlan,
  params: GraphParameters,
): BlockConditional<ColourName> {
  const blocks = namedBlocks(plan.blocks.map((block) => block.nodes));
  const names = blocks.map(({ name }) => name);
  return {
    blocks: names,
    finite: () => scoped<Tensor>(() => hasNumbers(params)),
    sampleBlock: (key: Key, name: ColourName, x: SomeStates) =>
      scoped<Tensor>(() => {
        const planned = plan.blocks[names.indexOf(name)];
        if (planned === undefined)
          throw new EbmError('argument', `sampleBlock: the blocks are ${names.join(', ')}, got ${String(name)}.`);
        const values = valuesOf(blocks, name, x);
        const flat = flatParameters('sampleBlock', parts, params);
        return toStates(drawBlock(key, planned, nodes, flat, values), dtypeOf(nodes));
      }),
  };
}
