import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Request } from './serve.js';

/** How to start a contender's process. */
export interface Command {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** A process that does workloads when asked, one request at a time. */
export interface ContenderProcess {
  /** Names and versions of what runs there. */
  readonly versions: Readonly<Record<string, string>>;
  /** Asks and waits for the answer; ends the process and throws when it takes longer than `seconds`. */
  readonly ask: <T>(request: Request, seconds: number) => Promise<T>;
  /** Ends the process. */
  readonly stop: () => void;
}

/** Says that a contender took longer than it may. */
export function isOverTime(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('over time');
}

/** Says that a process is no more, rather than that it could not do something. */
export function isFatal(error: unknown): boolean {
  return isOverTime(error) || (error instanceof Error && error.message.startsWith('the process ended'));
}

/** Gives the lines of a process, one for each call, and fails when the process ends. */
function lineReader(child: ChildProcess): () => Promise<string> {
  const lines: string[] = [];
  const errors: string[] = [];
  let waiting: { take: (line: string) => void; fail: (error: Error) => void } | undefined;
  let ended: Error | undefined;
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      if (waiting) waiting.take(line);
      else lines.push(line);
      waiting = undefined;
    });
  child.stderr?.on('data', (text: Buffer) => {
    errors.push(text.toString());
    if (errors.length > 50) errors.shift();
  });
  const end = (reason: string): void => {
    ended = new Error(`${reason} ${errors.join('').trim().split('\n').slice(-3).join(' | ')}`.trim());
    waiting?.fail(ended);
  };
  child.on('error', (error) => end(error.message));
  child.on('close', (code) => end(`the process ended (${code}).`));
  return () =>
    new Promise((take, fail) => {
      const line = lines.shift();
      if (line !== undefined) take(line);
      else if (ended) fail(ended);
      else waiting = { take, fail };
    });
}

/** Starts a contender and waits until it says what it is. */
export async function startContender(command: Command, seconds = 120): Promise<ContenderProcess> {
  const child = spawn(command.program, command.args, { env: command.env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.on('error', () => undefined);
  const nextLine = lineReader(child);
  const answer = async <T>(limit: number): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, fail) => {
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        fail(new Error(`over time: no answer within ${limit} s`));
      }, limit * 1000);
    });
    try {
      const parsed = JSON.parse(await Promise.race([nextLine(), over])) as T & { error?: string };
      if (parsed.error !== undefined) throw new Error(parsed.error);
      return parsed;
    } finally {
      clearTimeout(timer);
    }
  };
  const { versions } = await answer<{ versions: Record<string, string> }>(seconds);
  return {
    versions,
    ask: (request, limit) => {
      child.stdin?.write(`${JSON.stringify(request)}\n`);
      return answer(limit);
    },
    stop: () => void child.kill(),
  };
}
