import type { ContenderPool } from './contender-pool.js';
import { type ContenderProcess, isFatal, isOverTime } from './contender-process.js';
import type { Contender } from './contenders.js';
import type { Measurement } from './results.js';
import { spreadOf } from './statistics.js';
import type { Parameters, Quality } from './workload.js';

/** How a row is measured. */
export interface MeasureOptions {
  /** How often everyone has a turn. */
  readonly rounds: number;
  /** A turn lasts about this long, in ms, and at least one run. */
  readonly turn: number;
  /** The time that one contender may take for the turns of one row, in ms; slow ones get fewer rounds. */
  readonly budget: number;
  /** A single run may take this long, in seconds; the first one, which compiles, twice that. */
  readonly limit: number;
}

/** What every contender of a row is asked to do. */
export interface Task {
  /** The workload. */
  readonly workload: string;
  /** Its size. */
  readonly parameters: Parameters;
  /** The files with the shared numbers. */
  readonly inputs: Readonly<Record<string, string>>;
}

interface Entrant {
  readonly contender: Contender;
  readonly process: ContenderProcess;
  readonly firstRun: number;
  readonly repeats: number;
  readonly rounds: number;
}

/** Readies a contender: first run, then runs that warm it up; tells how long one takes. */
async function enter(
  contender: Contender,
  running: ContenderProcess,
  task: Task,
  { rounds, turn, budget, limit }: MeasureOptions,
): Promise<Entrant | undefined> {
  const { variant } = contender;
  const time = async (repeats: number, factor = 1): Promise<number[]> =>
    (await running.ask<{ ms: number[] }>({ do: 'time', variant, repeats }, limit * factor * repeats)).ms;
  const request = { do: 'prepare', variant, ...task } as const;
  const { supported } = await running.ask<{ supported: boolean }>(request, 2 * limit);
  if (!supported) return undefined;
  const [firstRun = 0] = await time(1, 2);
  let last = firstRun;
  for (let spent = 0; spent < 3 * turn && spent + last < budget / 2; ) {
    const ms = await time(Math.min(50, Math.max(1, Math.round(turn / 2 / last))));
    last = Math.max(spreadOf(ms).median, 1e-3);
    spent += ms.reduce((a, b) => a + b);
  }
  const repeats = Math.min(500, Math.max(1, Math.round(turn / last)));
  return {
    contender,
    process: running,
    firstRun,
    repeats,
    // A run that takes the whole budget is measured once.
    rounds: Math.max(last > budget ? 1 : 2, Math.min(rounds, Math.floor(budget / (repeats * last)))),
  };
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function failure({ name, isOurs, threads }: Contender, error: unknown): Measurement {
  const status = isOverTime(error) ? 'over time' : 'error';
  return {
    contender: name,
    isOurs,
    threads,
    status,
    faults: [status === 'error' ? describe(error) : describe(error).replace('over time: ', '')],
    rounds: [],
  };
}

/** One turn for everyone, in the given order; those that fail leave. */
async function playRound(
  entrants: readonly Entrant[],
  round: number,
  times: Map<Entrant, number[][]>,
  limit: number,
  fail: (entrant: Entrant, error: unknown) => void,
): Promise<void> {
  for (const entrant of entrants) {
    if (round >= entrant.rounds) continue;
    try {
      const { variant } = entrant.contender;
      const request = { do: 'time', variant, repeats: entrant.repeats } as const;
      const { ms } = await entrant.process.ask<{ ms: number[] }>(request, limit * (entrant.repeats + 1));
      times.get(entrant)?.push(ms);
    } catch (error) {
      fail(entrant, error);
    }
  }
}

/**
 * Measures one row. All contenders are readied first; then they take turns, round by round and back and forth, so that a slow
 * spell of the machine hits all alike.
 */
export async function measureRow(
  contenders: readonly Contender[],
  pool: ContenderPool,
  task: Task,
  options: MeasureOptions,
): Promise<Measurement[]> {
  const failed: Measurement[] = [];
  const times = new Map<Entrant, number[][]>();
  const fail = (contender: Contender, error: unknown): void => {
    failed.push(failure(contender, error));
    if (isFatal(error)) pool.discard(contender);
  };
  for (const contender of contenders) {
    const running = await pool.processOf(contender);
    if (!running) continue;
    try {
      const entrant = await enter(contender, running, task, options);
      if (entrant) times.set(entrant, []);
    } catch (error) {
      fail(contender, error);
    }
  }
  for (let round = 0; round < options.rounds; round++) {
    const order = [...times.keys()];
    if (round % 2 === 1) order.reverse();
    await playRound(order, round, times, options.limit, (entrant, error) => {
      times.delete(entrant);
      fail(entrant.contender, error);
    });
  }
  const measured: Measurement[] = [];
  for (const [{ contender, process: running, firstRun }, rounds] of times) {
    const { name, isOurs, threads, variant } = contender;
    try {
      const { quality } = await running.ask<{ quality: Quality }>({ do: 'quality', variant }, 10 * options.limit);
      await running.ask({ do: 'release', variant }, options.limit);
      const spread = spreadOf(rounds.flat());
      measured.push({ contender: name, isOurs, threads, status: 'ok', faults: [], firstRun, rounds, spread, quality });
    } catch (error) {
      fail(contender, error);
    }
  }
  return [...measured, ...failed];
}
