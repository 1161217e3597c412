import { type ContenderProcess, startContender } from './contender-process.js';
import type { Contender } from './contenders.js';

/** Processes that are started when they are first needed, and started again after one had to be ended. */
export interface ContenderPool {
  /** The process of a contender, or undefined when it does not start. */
  readonly processOf: (contender: Contender) => Promise<ContenderProcess | undefined>;
  /** Ends a process, which starts anew when it is needed. */
  readonly discard: (contender: Contender) => void;
  /** Names and versions of what ran. */
  readonly versions: Record<string, Readonly<Record<string, string>>>;
  /** Which processes did not start, and why. */
  readonly absent: Record<string, string>;
  /** Ends all. */
  readonly stop: () => void;
}

/** Makes a pool without processes. */
export function makePool(): ContenderPool {
  const running = new Map<string, ContenderProcess>();
  const versions: Record<string, Readonly<Record<string, string>>> = {};
  const absent: Record<string, string> = {};
  return {
    versions,
    absent,
    processOf: async ({ process: name, command }) => {
      const known = running.get(name);
      if (known || name in absent) return known;
      try {
        const started = await startContender(command);
        versions[name] = started.versions;
        running.set(name, started);
        return started;
      } catch (error) {
        absent[name] = error instanceof Error ? error.message : String(error);
        process.stderr.write(`${name} does not start: ${absent[name]}\n`);
        return undefined;
      }
    },
    discard: ({ process: name }) => {
      running.get(name)?.stop();
      running.delete(name);
    },
    stop: () => {
      for (const started of running.values()) started.stop();
      running.clear();
    },
  };
}
