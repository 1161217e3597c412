import { EbmError } from '@ebmkit/tensor';
import { cardinalityOf, checkKinds, isBinary, type NodeKind } from './node-kind.js';

/**
 * Which nodes an interaction joins, two or more, each by its number and once.
 *
 * A list of nodes is a product: the values of its bool and spin nodes, times an entry of a weight table that its categorical nodes pick
 * (one weight where it has none). `{ equal: nodes }` has one weight, which counts where all of its categorical nodes are in the same
 * state: the coupling of a Potts model.
 */
export type Interaction = readonly number[] | { readonly equal: readonly number[] };

/**
 * The structure of a Boltzmann machine as plain data: nodes of any kinds, and interactions of any order between them. Every node has
 * a bias besides, which is not listed.
 */
export interface InteractionGraph {
  /** The kind of every node; a node is known by its place here. */
  readonly nodes: readonly NodeKind[];
  /** The interactions; several may join the same nodes. */
  readonly interactions: readonly Interaction[];
}

/** The nodes of an interaction. */
export function nodesOf(interaction: Interaction): readonly number[] {
  return 'equal' in interaction ? interaction.equal : interaction;
}

/** Throws unless the nodes of each interaction are different ones of the graph. */
export function checkMembers(where: string, nodes: number, interactions: readonly Interaction[]): void {
  interactions.forEach((interaction, index) => {
    const members = nodesOf(interaction);
    const wrong = members.find((node) => !Number.isInteger(node) || node < 0 || node >= nodes);
    if (wrong !== undefined)
      throw new EbmError('argument', `${where}: nodes are 0 … ${nodes - 1}, got ${wrong} in interaction ${index}.`);
    if (new Set(members).size !== members.length)
      throw new EbmError(
        'argument',
        `${where}: an interaction has each node once, got [${members.join(', ')}] at ${index}. Leave out the repetition.`,
      );
  });
}

/**
 * Throws unless a graph is one.
 *
 * @throws EbmError when a node is of no kind, there is no interaction, or an interaction does not fit the nodes.
 */
export function checkGraph(where: string, { nodes, interactions }: InteractionGraph): void {
  checkKinds(where, nodes);
  if (!Array.isArray(interactions) || interactions.length === 0)
    throw new EbmError('argument', `${where}: expected at least one interaction, got none. List the nodes of each.`);
  checkMembers(where, nodes.length, interactions);
  interactions.forEach((interaction: Interaction, index) => {
    const members = nodesOf(interaction);
    if (members.length < 2)
      throw new EbmError(
        'argument',
        `${where}: an interaction joins two or more nodes, got [${members.join(', ')}] at ${index}. Every node has a bias; leave it out.`,
      );
    if (!('equal' in interaction)) return;
    const kinds = members.map((node) => nodes[node] as NodeKind);
    const states = new Set(kinds.map((kind) => (isBinary(kind) ? 0 : cardinalityOf(kind))));
    if (states.has(0) || states.size > 1)
      throw new EbmError(
        'argument',
        `${where}: { equal } joins categorical nodes of as many states each, got ${JSON.stringify(kinds)} at ${index}. List the nodes alone for a product.`,
      );
  });
}
