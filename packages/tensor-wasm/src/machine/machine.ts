import type { CodeFeatures } from '../assembler/function-builder.js';
import { makeModuleBuilder } from '../assembler/module-builder.js';
import { layOutArena } from '../compiler/arena.js';
import { type ArgumentBlock, argumentBlock } from '../compiler/argument-block.js';
import { findChains } from '../compiler/chain.js';
import { explainPlan } from '../compiler/explain.js';
import type { Plan } from '../compiler/plan.js';
import { writeProgram } from '../compiler/program.js';
import { sharedWords } from '../compiler/shared-words.js';
import { phasesOf } from '../compiler/work-items.js';
import type { Heap } from './heap.js';
import type { ThreadPool } from './thread-pool.js';

/** A compiled plan. */
export interface Program {
  /** Where its arguments go. */
  readonly block: ArgumentBlock;
  /** Runs it once the arguments are there. */
  readonly run: () => void;
  /** Bytes of each result. */
  readonly results: readonly number[];
  /** Bytes of its temporaries. */
  readonly arenaBytes: number;
  /** How it was compiled, in words. */
  readonly explain: () => string;
  /** Gives the argument block back; the program is not used afterwards. */
  readonly release: () => void;
}

/** What runs programs: memory, code features, and threads if there are any. */
export interface Machine {
  /** Its memory. */
  readonly heap: Heap;
  /** What code may use. */
  readonly features: CodeFeatures;
  /** Compiles a plan. */
  readonly compile: (plan: Plan) => Program;
}

/** Programs whose shareable work takes less than this many nanoseconds run on one thread. */
const worthWaking = 300_000;

/** Makes a machine. */
export function makeMachine(heap: Heap, features: CodeFeatures, pool?: ThreadPool): Machine {
  const arena = { address: 0, bytes: -1 };
  const reserve = (bytes: number): void => {
    if (bytes <= arena.bytes) return;
    const address = heap.allocate(bytes);
    if (arena.bytes >= 0) heap.release(arena.address, arena.bytes);
    arena.address = address;
    arena.bytes = bytes;
    heap.words()[sharedWords.arena / 4] = address;
  };
  return {
    heap,
    features,
    compile: (plan) => {
      const phases = plan.steps.map(phasesOf);
      const chains = findChains(plan, phases);
      const layout = layOutArena(plan, chains, pool?.threads ?? 1);
      const shape = argumentBlock(plan);
      const address = heap.allocate(4 * shape.words);
      const block = { ...shape, address };
      const module = makeModuleBuilder(heap.pool, features, heap.limits);
      const shareable = writeProgram(module, { plan, phases, chains, arena: layout, block });
      const bytes = module.encode();
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
        env: { memory: heap.memory },
      });
      const { run: runAlone } = exports as { run: () => void };
      const shared = pool && shareable > worthWaking ? pool.add(bytes, exports) : undefined;
      return {
        block,
        results: plan.outputs,
        arenaBytes: layout.bytes,
        explain: () => explainPlan(plan, chains, layout, bytes.length),
        run: () => {
          reserve(layout.bytes);
          if (shared && pool?.isOpen()) shared.run();
          else runAlone();
        },
        release: () => {
          heap.release(address, 4 * shape.words);
          shared?.release();
        },
      };
    },
  };
}
