import type { Expression, I32 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { choose, i32, int } from '../assembler/scalar.js';
import { buffersOf, fusedLoop } from '../fused/loop.js';
import { identityOf } from '../fused/loop-identity.js';
import type { Phase } from '../kernels/step-kernel.js';
import type { ArenaLayout, ChainBlocks } from './arena.js';
import type { ArgumentBlock } from './argument-block.js';
import type { Chain } from './chain.js';
import type { Plan, PlannedBuffer, Step } from './plan.js';
import { sharedWords } from './shared-words.js';
import type { BufferId } from './view.js';

/** Work that threads share or one of them does, in order. */
export interface Item {
  /** Into how many parts it can be cut. */
  readonly units: number;
  /** A guess of the nanoseconds. */
  readonly cost: number;
  /** Writes the call for the parts `begin ≤ u < end` on a thread. */
  readonly call: (f: FunctionBuilder, begin: I32, end: I32, thread: I32) => void;
}

/** What a program is written from. */
export interface ProgramParts {
  /** What is done. */
  readonly plan: Plan;
  /** The phases of each step. */
  readonly phases: readonly (readonly Phase[])[];
  /** The steps that run block by block. */
  readonly chains: readonly Chain[];
  /** Where temporaries are. */
  readonly arena: ArenaLayout;
  /** Where the arguments are. */
  readonly block: ArgumentBlock;
}

/** The phases of a step; a loop of which nothing is needed has none. */
export function phasesOf(step: Step): readonly Phase[] {
  if (step.kind === 'kernel') return step.kernel.phases;
  return step.group.nodes.some(({ store }) => store !== undefined) ? [fusedLoop(step.group)] : [];
}

function inArena(offset: number): I32 {
  return i32.add(i32.load(int(sharedWords.arena)), int(offset));
}

/** Writes the code of all steps. */
class ItemWriter {
  readonly #module: ModuleBuilder;
  readonly #parts: ProgramParts;

  constructor(module: ModuleBuilder, parts: ProgramParts) {
    this.#module = module;
    this.#parts = parts;
  }

  items(): Item[] {
    const { plan, phases, chains } = this.#parts;
    const items: Item[] = [];
    for (let index = 0; index < plan.steps.length; ) {
      const chain = chains.find(({ first }) => first === index);
      if (chain) {
        for (let step = index; step <= chain.last; step++)
          for (const phase of (phases[step] ?? []).slice(0, -1)) items.push(this.#phase(step, phase));
        items.push(this.#chain(chain));
        index = chain.last + 1;
      } else {
        for (const phase of phases[index] ?? []) items.push(this.#phase(index, phase));
        index++;
      }
    }
    return items.filter(({ units }) => units > 0);
  }

  #addressOf(id: BufferId): I32 {
    const { plan, block, arena } = this.#parts;
    const buffer = plan.buffers[id] as PlannedBuffer;
    if (buffer.kind === 'input') return i32.load(int(block.address + 4 * buffer.slot));
    if (buffer.kind === 'output') return i32.load(int(block.address + 4 * (block.outputs + buffer.slot)));
    return inArena(arena.offsets[id] as number);
  }

  #code(index: number, phase: Phase): FunctionReference {
    const step = this.#parts.plan.steps[index] as Step;
    const identity =
      step.kind === 'group' ? identityOf(step.group) : `${step.identity} phase ${step.kernel.phases.indexOf(phase)}`;
    return this.#module.once(identity, phase.write);
  }

  /** The addresses that the code of a step is given. */
  #operands(index: number, at: (id: BufferId) => I32): I32[] {
    const { plan, block, arena } = this.#parts;
    const step = plan.steps[index] as Step;
    if (step.kind === 'group') return buffersOf(step.group).map(at);
    const inputs = step.operands.map((operand): I32 => {
      if (operand.kind === 'key') return int(block.address + 4 * (block.keys + 2 * operand.key));
      const start = at(operand.buffer);
      return operand.byteOffset === 0 ? start : i32.add(start, int(operand.byteOffset));
    });
    return [...inputs, at(step.output), inArena(arena.scratch[index] as number)];
  }

  #phase(index: number, phase: Phase): Item {
    const operands = this.#operands(index, (id) => this.#addressOf(id));
    const code = this.#code(index, phase);
    return {
      units: phase.units,
      cost: phase.cost,
      call: (f, begin, end) => f.callVoid(code, [begin, end, ...operands] as Expression[]),
    };
  }

  /** All steps of a chain on one block of rows after the other. Addresses of what is passed on are such that the block falls into its place. */
  #chain(chain: Chain): Item {
    const { phases, arena } = this.#parts;
    const blocks = arena.blocks.get(chain) as ChainBlocks;
    const steps = [...chain.units].map(([index, units]) => {
      const main = phases[index]?.at(-1) as Phase;
      return { index, units, main, code: this.#code(index, main) };
    });
    const code = this.#module.function(['i32', 'i32', 'i32'], undefined, (f) => {
      const [first, last, thread] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      const own = f.let(i32.add(inArena(blocks.start), i32.mul(thread, int(blocks.stride))));
      f.for(first, last, chain.perBlock, (begin) => {
        const next = f.let(i32.add(begin, int(chain.perBlock)));
        const end = f.let(choose(i32.ltS(next, last), next, last));
        const at = (id: BufferId): I32 => {
          const bytes = chain.passed.get(id);
          if (bytes === undefined) return this.#addressOf(id);
          return i32.sub(i32.add(own, int(blocks.offsets.get(id) as number)), i32.mul(begin, int(bytes)));
        };
        for (const { index, units, main, code: step } of steps) {
          const until = f.let(i32.mul(end, int(units)));
          const some = choose(i32.ltS(until, int(main.units)), until, int(main.units));
          f.callVoid(step, [i32.mul(begin, int(units)), some, ...this.#operands(index, at)] as Expression[]);
        }
      });
    });
    return {
      units: chain.quanta,
      cost: steps.reduce((total, { main }) => total + main.cost, 0),
      call: (f, begin, end, thread) => f.callVoid(code, [begin, end, thread]),
    };
  }
}

/** The items of a program, in order; the code that they call is written. */
export function writeItems(module: ModuleBuilder, parts: ProgramParts): readonly Item[] {
  return new ItemWriter(module, parts).items();
}
