import type { I32 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { atomic, i32, int, long } from '../assembler/scalar.js';
import { threefryFunction } from '../kernels/threefry.js';
import type { ArgumentBlock } from './argument-block.js';
import type { Plan } from './plan.js';
import { sharedWords } from './shared-words.js';
import { type Item, type ProgramParts, writeItems } from './work-items.js';

/** The tag that tells children by `split` from those by `fold`. */
const keyTags = { split: 0xfeed, fold: 0xf01d } as const;

/** Work below this many nanoseconds is not shared between threads. */
const worthSharing = 40_000;

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
 * @param parts - What the program does, and where.
 * @returns A guess of the nanoseconds that can be shared between threads.
 */
export function writeProgram(module: ModuleBuilder, parts: ProgramParts): number {
  const items = writeItems(module, parts);
  const start = (f: FunctionBuilder): void => deriveKeys(f, module, parts.plan, parts.block);
  module.function(
    [],
    undefined,
    (f) => {
      start(f);
      for (const { call, units } of items) call(f, int(0), int(units), int(0));
    },
    'run',
  );
  const shared = items.filter(isShared);
  if (shared.length > 0) writeShared(module, start, items);
  return shared.reduce((total, { cost }) => total + cost, 0);
}

function isShared({ units, cost }: Item): boolean {
  return units > 1 && cost >= worthSharing;
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

/** Small items are the first thread's; the others meet it at a barrier before and after each large one. */
function writeShared(module: ModuleBuilder, start: (f: FunctionBuilder) => void, items: readonly Item[]): void {
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
      for (const item of items) {
        const { units, call } = item;
        if (!isShared(item)) {
          if (!isAlone) barrier();
          isAlone = true;
          alone(() => call(f, int(0), int(units), int(0)));
          continue;
        }
        barrier();
        isAlone = false;
        const cut = (part: I32): I32 => f.let(i32.divU(i32.mul(part, int(units)), threads));
        const [begin, end] = [cut(thread), cut(i32.add(thread, int(1)))];
        f.if(i32.ltS(begin, end), () => call(f, begin, end, thread));
      }
      barrier();
    },
    'share',
  );
}
