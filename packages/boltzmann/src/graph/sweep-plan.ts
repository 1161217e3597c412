import { colour } from './colour.js';
import { type InteractionGraph, nodesOf } from './interaction-graph.js';
import { columnsOf, type Form, type LinearPart, type Term, type TermColumns } from './interaction-groups.js';
import { cardinalityOf, isBinary, type NodeKind } from './node-kind.js';

/** What some terms tell the nodes that are drawn: those of one form, with as many other nodes each. */
export interface Input {
  /** Whose weights they have. */
  readonly part: 'bias' | 'weight';
  /** How their nodes count. */
  readonly form: Form;
  /** The node that each term tells, by its place in the group of nodes. */
  readonly heads: Int32Array;
  /** How far one state of that node goes in the table of the term. */
  readonly headStrides: Int32Array;
  /** The other nodes of each term, by their rows. */
  readonly columns: TermColumns;
}

/** Nodes of one block that are drawn in one operation: the bool and spin ones together, or categorical ones of as many states each. */
export interface NodeGroup {
  /** The nodes, by their numbers in the graph. */
  readonly nodes: readonly number[];
  /** How many states each has; undefined for bool and spin nodes. */
  readonly states: number | undefined;
  /** What depends on these nodes. */
  readonly inputs: readonly Input[];
}

/** Nodes of which no two share an interaction, so that they are drawn at once given all others. */
export interface PlannedBlock {
  /** The row of its first node. */
  readonly first: number;
  /** Its nodes in the order of rows: bool and spin ones, then categorical ones by their number of states. */
  readonly nodes: readonly number[];
  /** The same by how they are drawn, in order. */
  readonly groups: readonly NodeGroup[];
}

/** How to sweep over the nodes of a graph: blocks one after the other, each a few operations. */
export interface SweepPlan {
  /** The node in each row of the values: those that stay first, then block after block. */
  readonly order: Int32Array;
  /** The row of each node. */
  readonly rows: Int32Array;
  /** The blocks. */
  readonly blocks: readonly PlannedBlock[];
}

const statesOf = (kind: NodeKind): number | undefined => (isBinary(kind) ? undefined : cardinalityOf(kind));

/**
 * The nodes that may move, by colour: no two of one colour share an interaction. Nodes that stay do not count, so that the hidden nodes
 * of a restricted Boltzmann machine have one colour.
 */
export function colourBlocks({ nodes, interactions }: InteractionGraph, free: readonly number[]): readonly number[][] {
  const place = new Int32Array(nodes.length).fill(-1);
  free.forEach((node, i) => {
    place[node] = i;
  });
  const isFree = (node: number): boolean => place[node] !== -1;
  const colours = colour({
    nodes: free.length,
    interactions: interactions.map((interaction) =>
      nodesOf(interaction)
        .filter(isFree)
        .map((node) => place[node] as number),
    ),
  });
  const blocks: number[][] = Array.from({ length: Math.max(...colours) + 1 }, () => []);
  free.forEach((node, i) => {
    blocks[colours[i] as number]?.push(node);
  });
  const rank = (node: number): number => statesOf(nodes[node] as NodeKind) ?? 0;
  return blocks.map((block) => block.sort((a, b) => rank(a) - rank(b) || a - b));
}

/** The nodes of a block, in order, cut where the way in which they are drawn changes. */
function cutByStates(nodes: readonly NodeKind[], block: readonly number[]): readonly number[][] {
  const runs: number[][] = [];
  block.forEach((node, i) => {
    const before = block[i - 1];
    const goesOn = before !== undefined && statesOf(nodes[before] as NodeKind) === statesOf(nodes[node] as NodeKind);
    if (goesOn) runs.at(-1)?.push(node);
    else runs.push([node]);
  });
  return runs;
}

/** A term as the node at a place of one of its lists sees it: the other nodes, by their rows. */
function seenFrom(list: 'binary' | 'categorical', place: number, term: Term, rows: Int32Array): Term {
  const others = <T>(values: readonly T[], left: boolean): readonly T[] =>
    left ? values.filter((_, other) => other !== place) : values;
  const toRow = (node: number): number => rows[node] as number;
  return {
    binary: others(term.binary, list === 'binary').map(toRow),
    categorical: others(term.categorical, list === 'categorical').map(toRow),
    strides: others(term.strides, list === 'categorical'),
    offset: term.offset,
  };
}

interface Draft extends Pick<Input, 'part' | 'form'> {
  readonly heads: number[];
  readonly strides: number[];
  readonly terms: Term[];
}

/** All that depends on each group of nodes, in one pass over the interactions. */
function inputsOf(
  parts: Readonly<Record<'bias' | 'weight', LinearPart>>,
  groups: readonly (readonly number[])[],
  rows: Int32Array,
): readonly (readonly Input[])[] {
  const drafts = groups.map(() => new Map<string, Draft>());
  const [groupOf, placeOf] = [new Int32Array(rows.length).fill(-1), new Int32Array(rows.length)];
  groups.forEach((nodes, group) => {
    nodes.forEach((node, place) => {
      groupOf[node] = group;
      placeOf[node] = place;
    });
  });
  for (const part of ['bias', 'weight'] as const)
    for (const [number, { form, terms }] of parts[part].groups.entries())
      for (const list of ['binary', 'categorical'] as const) {
        const name = `${part} ${number} ${list}`;
        for (const term of terms)
          for (const [place, head] of term[list].entries()) {
            const found = drafts[groupOf[head] as number];
            if (!found) continue;
            const draft = found.get(name) ?? { part, form, heads: [], strides: [], terms: [] };
            found.set(name, draft);
            draft.heads.push(placeOf[head] as number);
            draft.strides.push(list === 'categorical' ? (term.strides[place] ?? 0) : 0);
            draft.terms.push(seenFrom(list, place, term, rows));
          }
      }
  return drafts.map((found) =>
    [...found.values()].map(({ part, form, heads, strides, terms }) => ({
      part,
      form,
      heads: Int32Array.from(heads),
      headStrides: Int32Array.from(strides),
      columns: columnsOf(terms),
    })),
  );
}

/**
 * Plans the sweeps over some nodes of a graph.
 *
 * @param nodes - The kinds of all nodes.
 * @param parts - The interactions.
 * @param blocks - The nodes to draw, by block; the others stay.
 */
export function planSweep(
  nodes: readonly NodeKind[],
  parts: Readonly<Record<'bias' | 'weight', LinearPart>>,
  blocks: readonly (readonly number[])[],
): SweepPlan {
  const moving = new Set(blocks.flat());
  const order = [...nodes.keys()].filter((node) => !moving.has(node)).concat(blocks.flat());
  const rows = new Int32Array(order.length);
  order.forEach((node, row) => {
    rows[node] = row;
  });
  const cut = blocks.map((block) => cutByStates(nodes, block));
  const inputs = inputsOf(parts, cut.flat(), rows);
  let next = 0;
  return {
    order: Int32Array.from(order),
    rows,
    blocks: cut.map((groups, block) => ({
      first: rows[blocks[block]?.[0] as number] as number,
      nodes: blocks[block] as readonly number[],
      groups: groups.map((group) => ({
        nodes: group,
        states: statesOf(nodes[group[0] as number] as NodeKind),
        inputs: inputs[next++] as readonly Input[],
      })),
    })),
  };
}

/** The colour of each node, from blocks of all nodes. */
export function coloursOf(blocks: readonly (readonly number[])[]): readonly number[] {
  const colours = new Array<number>(blocks.reduce((count, { length }) => count + length, 0));
  blocks.forEach((nodes, block) => {
    for (const node of nodes) colours[node] = block;
  });
  return colours;
}
