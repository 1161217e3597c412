import type { Shape } from '@ebmkit/tensor';
import { type Interaction, type InteractionGraph, nodesOf } from './interaction-graph.js';
import { cardinalityOf, isBinary, type NodeKind } from './node-kind.js';
import { layRows, type ParameterRows } from './parameter-rows.js';

/** One interaction taken apart: what it multiplies, and how it finds its weight. */
export interface Term {
  /** Its bool and spin nodes, whose values are multiplied. */
  readonly binary: readonly number[];
  /** Its categorical nodes, which pick an entry of its table or must be equal. */
  readonly categorical: readonly number[];
  /** How far one state of each categorical node goes in the table. */
  readonly strides: readonly number[];
  /** The place of its first weight. */
  readonly offset: number;
}

/** `product` of values and a table entry, or one weight where all nodes are `equal`. */
export type Form = 'product' | 'equal';

/** Many terms of as many nodes each, column by column: what one operation over all of them reads. */
export interface TermColumns {
  /** How many terms. */
  readonly length: number;
  /** The first bool or spin node of every term, the second, … */
  readonly binary: readonly Int32Array[];
  /** The first categorical node of every term, the second, … */
  readonly categorical: readonly Int32Array[];
  /** The strides that belong to these. */
  readonly strides: readonly Int32Array[];
  /** The place of the first weight of every term. */
  readonly offsets: Int32Array;
}

/** Interactions of one form, so that one operation computes all of them. */
export interface InteractionGroup {
  /** How their nodes count. */
  readonly form: Form;
  /** The interactions: as many bool and spin nodes and as many categorical ones each. */
  readonly terms: readonly Term[];
  /** The same by columns. */
  readonly columns: TermColumns;
}

/** A part of the energy that is linear in one tensor of parameters. */
export interface LinearPart {
  /** Where its numbers stand. */
  readonly rows: ParameterRows;
  /** What they count for. */
  readonly groups: readonly InteractionGroup[];
}

/** Terms of as many nodes each, column by column. */
export function columnsOf(terms: readonly Term[]): TermColumns {
  const columns = (field: 'binary' | 'categorical' | 'strides'): readonly Int32Array[] =>
    (terms[0]?.[field] ?? []).map((_, place) => Int32Array.from(terms, (term) => term[field][place] as number));
  return {
    length: terms.length,
    binary: columns('binary'),
    categorical: columns('categorical'),
    strides: columns('strides'),
    offsets: Int32Array.from(terms, ({ offset }) => offset),
  };
}

function stridesOf(table: Shape): readonly number[] {
  return table.map((_, axis) => table.slice(axis + 1).reduce((a, b) => a * b, 1));
}

function linearPart(nodes: readonly NodeKind[], interactions: readonly Interaction[]): LinearPart {
  const split = interactions.map((interaction) => {
    const members = nodesOf(interaction);
    return {
      form: 'equal' in interaction ? ('equal' as const) : ('product' as const),
      binary: members.filter((node) => isBinary(nodes[node] as NodeKind)),
      categorical: members.filter((node) => !isBinary(nodes[node] as NodeKind)),
    };
  });
  const rows = layRows(
    split.map(({ form, categorical }) =>
      form === 'equal' ? [] : categorical.map((node) => cardinalityOf(nodes[node] as NodeKind)),
    ),
  );
  const groups = new Map<string, { readonly form: Form; readonly terms: Term[] }>();
  split.forEach(({ form, binary, categorical }, index) => {
    const name = `${form} ${binary.length} ${categorical.length}`;
    const group = groups.get(name) ?? { form, terms: [] };
    groups.set(name, group);
    const strides = stridesOf(rows.tables[index] as Shape);
    group.terms.push({ binary, categorical, strides, offset: rows.offsets[index] as number });
  });
  return { rows, groups: [...groups.values()].map((group) => ({ ...group, columns: columnsOf(group.terms) })) };
}

/** The two parts of the energy of a graph: what the biases count for, and what the weights do. */
export function linearParts({ nodes, interactions }: InteractionGraph): {
  readonly bias: LinearPart;
  readonly weight: LinearPart;
} {
  return {
    bias: linearPart(
      nodes,
      nodes.map((_, node) => [node]),
    ),
    weight: linearPart(nodes, interactions),
  };
}
