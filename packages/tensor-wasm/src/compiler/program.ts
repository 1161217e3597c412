import type { Expression, I32 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { atomic, i32, int, long } from '../assembler/scalar.js';
import { buffersOf, fusedLoop } from '../fused/loop.js';
import { identityOf } from '../fused/loop-identity.js';
import type { Phase } from '../kernels/step-kernel.js';
import { threefryFunction } from '../kernels/threefry.js';
import type { ArenaLayout } from './arena.js';
import type { Plan, PlannedBuffer, Step } from './plan.js';
import { sharedWords } from './shared-words.js';
import type { BufferId } from './view.js';

/** Where the words that the caller sets lie: addresses of inputs, of outputs, then the words of keys. */
export interface ArgumentBlock {
  /** The address of the block. */
  readonly address: number;
  /** The number of the first output word. */
  readonly outputs: number;
  /** The number of the first key word; key `k` has words `keys + 2 k` and the next. */
  readonly keys: number;
  /** All words. */
  readonly words: number;
}

/** The shape of the argument block of a plan. */
export function argumentBlock({ inputs, outputs, keys }: Plan): Omit<ArgumentBlock, 'address'> {
  const first = inputs + outputs.length;
  return { outputs: inputs, keys: first, words: first + 2 * keys.length };
}

/** The tag that tells children by `split` from those by `fold`. */
const keyTags = { split: 0xfeed, fold: 0xf01d } as const;

/** Work below this many nanoseconds is not shared between threads. */
const worthSharing = 40_000;

interface WrittenPhase {
  readonly phase: Phase;
  readonly code: FunctionReference;
  readonly operands: readonly I32[];
}

function addressOf(buffer: PlannedBuffer, id: BufferId, block: ArgumentBlock, arena: ArenaLayout): I32 {
  if (buffer.kind === 'input') return i32.load(int(block.address + 4 * buffer.slot));
  if (buffer.kind === 'output') return i32.load(int(block.address + 4 * (block.outputs + buffer.slot)));
  return inArena(arena.offsets[id] as number);
}

function inArena(offset: number): I32 {
  return i32.add(i32.load(int(sharedWords.arena)), int(offset));
}

/** The operands of each phase of a step, and its code. */
function writeStep(
  module: ModuleBuilder,
  plan: Plan,
  index: number,
  block: ArgumentBlock,
  arena: ArenaLayout,
): WrittenPhase[] {
  const step = plan.steps[index] as Step;
  const at = (id: BufferId): I32 => addressOf(plan.buffers[id] as PlannedBuffer, id, block, arena);
  if (step.kind === 'group') {
    if (step.group.nodes.every(({ store }) => store === undefined)) return [];
    const phase = fusedLoop(step.group);
    const code = module.once(identityOf(step.group), phase.write);
    return [{ phase, code, operands: buffersOf(step.group).map(at) }];
  }
  const operands = step.operands.map((operand): I32 => {
    if (operand.kind === 'key') return int(block.address + 4 * (block.keys + 2 * operand.key));
    const start = at(operand.buffer);
    return operand.byteOffset === 0 ? start : i32.add(start, int(operand.byteOffset));
  });
  operands.push(at(step.output), inArena(arena.scratch[index] as number));
  return step.kernel.phases.map((phase, i) => ({
    phase,
    code: module.once(`${step.identity} phase ${i}`, phase.write),
    operands,
  }));
}

/** Writes code that derives the keys. */
function deriveKeys(f: FunctionBuilder, module: ModuleBuilder, { keys }: Plan, block: ArgumentBlock): void {
  const at = (key: number): I32 => int(block.address + 4 * (block.keys + 2 * key));
  keys.forEach((key, i) => {
    if (key.kind === 'derived')
      f.callVoid(threefryFunction(module), [at(key.parent), int(key.index), int(keyTags[key.how]), at(i)]);
  });
}

/**
 * Writes the module of a program: `run()` for one thread, and `share(thread, threads, maySleep, arrived)` that each of several threads
 * calls; `arrived` is the count of the barrier at that time.
 *
 * @param module - Where the functions go.
 * @param plan - What is done.
 * @param block - Where the arguments are.
 * @param arena - Where temporaries are.
 * @returns A guess of the nanoseconds that can be shared between threads.
 */
export function writeProgram(module: ModuleBuilder, plan: Plan, block: ArgumentBlock, arena: ArenaLayout): number {
  const phases = plan.steps
    .flatMap((_, index) => writeStep(module, plan, index, block, arena))
    .filter(({ phase }) => phase.units > 0);
  const call = (f: FunctionBuilder, { code, operands }: WrittenPhase, begin: I32, end: I32): void => {
    f.callVoid(code, [begin, end, ...operands] as Expression[]);
  };
  module.function(
    [],
    undefined,
    (f) => {
      deriveKeys(f, module, plan, block);
      for (const written of phases) call(f, written, int(0), int(written.phase.units));
    },
    'run',
  );
  const isShared = ({ phase }: WrittenPhase): boolean => phase.units > 1 && phase.cost >= worthSharing;
  const shared = phases.filter(isShared);
  if (shared.length > 0) writeShared(module, (f) => deriveKeys(f, module, plan, block), phases, isShared, call);
  return shared.reduce((total, { phase }) => total + phase.cost, 0);
}

/** How often a thread looks whether the others have arrived before it sleeps a little: about a tenth of a millisecond. */
const looks = 60_000;
/** How long it sleeps, in nanoseconds. */
const nap = 50_000n;

/** The function `(arrivals, maySleep)` in which threads wait until they have arrived so many times. The count is never set back. */
function meetingPoint(module: ModuleBuilder): FunctionReference {
  return module.function(['i32', 'i32'], undefined, (f) => {
    const [wanted, maySleep] = [f.parameter(0), f.parameter(1)];
    const [here, looked] = [f.local('i32'), f.local('i32')];
    f.drop(atomic.add(int(sharedWords.barrier), int(1)));
    f.set(here, atomic.load(int(sharedWords.barrier)));
    f.while(i32.ltS(i32.sub(here, wanted), int(0)), () => {
      f.if(atomic.load(int(sharedWords.failed)), () => f.unreachable());
      f.increase(looked, 1);
      f.if(i32.and(i32.gtS(looked, int(looks)), maySleep), () => {
        f.drop(atomic.wait(int(sharedWords.barrier), here, long(nap)));
      });
      f.set(here, atomic.load(int(sharedWords.barrier)));
    });
  });
}

/** Small phases are the first thread's; the others meet it at a barrier before and after each large one. */
function writeShared(
  module: ModuleBuilder,
  start: (f: FunctionBuilder) => void,
  phases: readonly WrittenPhase[],
  isShared: (written: WrittenPhase) => boolean,
  call: (f: FunctionBuilder, written: WrittenPhase, begin: I32, end: I32) => void,
): void {
  module.function(
    ['i32', 'i32', 'i32', 'i32'],
    undefined,
    (f) => {
      const [thread, threads, maySleep, arrived] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      const meet = meetingPoint(module);
      let barriers = 0;
      const barrier = (): void => f.callVoid(meet, [i32.add(arrived, i32.mul(threads, int(++barriers))), maySleep]);
      let isAlone = true;
      const alone = (body: () => void): void => f.if(i32.eqz(thread), body);
      alone(() => start(f));
      for (const written of phases) {
        const { units } = written.phase;
        if (!isShared(written)) {
          if (!isAlone) barrier();
          isAlone = true;
          alone(() => call(f, written, int(0), int(units)));
          continue;
        }
        barrier();
        isAlone = false;
        const cut = (part: I32): I32 => f.let(i32.divU(i32.mul(part, int(units)), threads));
        const [begin, end] = [cut(thread), cut(i32.add(thread, int(1)))];
        f.if(i32.ltS(begin, end), () => call(f, written, begin, end));
      }
      barrier();
    },
    'share',
  );
}
