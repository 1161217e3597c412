import { createInterface } from 'node:readline';
import type { Inputs, Parameters, Prepared } from './workload.js';

/** What a contender's process is asked; one JSON object a line. */
export type Request =
  | {
      readonly do: 'prepare';
      readonly workload: string;
      readonly variant: string;
      readonly parameters: Parameters;
      readonly inputs: Readonly<Record<string, string>>;
    }
  | { readonly do: 'time'; readonly variant: string; readonly repeats: number }
  | { readonly do: 'quality' | 'release'; readonly variant: string }
  | { readonly do: 'quit' };

/** What a contender brings. */
export interface Served {
  /** Names and versions, for the report. */
  readonly versions: Readonly<Record<string, string>>;
  /** Makes a workload ready, or gives undefined when there is no such workload here. */
  readonly prepare: (
    workload: string,
    variant: string,
    parameters: Parameters,
    inputs: Inputs,
  ) => Promise<Prepared> | Prepared | undefined;
}

/** Reads the shared numbers from their files. */
async function readInputs(paths: Readonly<Record<string, string>>): Promise<Inputs> {
  const { readFile } = await import('node:fs/promises');
  const entries = Object.entries(paths).map(async ([name, path]) => {
    const bytes = await readFile(path);
    return [name, new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function timeRuns(prepared: Prepared, repeats: number): Promise<number[]> {
  const ms: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const begun = performance.now();
    const pending = prepared.run();
    if (pending) await pending;
    ms.push(performance.now() - begun);
  }
  return ms;
}

/** Answers requests on standard input, one line each, until it is told to quit or the input ends. */
export async function serve(served: Served): Promise<void> {
  const prepared = new Map<string, Prepared>();
  const ready = (variant: string): Prepared => {
    const found = prepared.get(variant);
    if (!found) throw new Error('serve: prepare comes first.');
    return found;
  };
  const release = (variant: string): void => {
    prepared.get(variant)?.release();
    prepared.delete(variant);
  };
  const answer = async (request: Exclude<Request, { do: 'quit' }>): Promise<object> => {
    const { variant } = request;
    switch (request.do) {
      case 'prepare': {
        release(variant);
        const inputs = await readInputs(request.inputs);
        const made = await served.prepare(request.workload, variant, request.parameters, inputs);
        if (made) prepared.set(variant, made);
        return { supported: made !== undefined };
      }
      case 'time':
        return { ms: await timeRuns(ready(variant), request.repeats) };
      case 'quality':
        return { quality: await ready(variant).quality() };
      default:
        release(variant);
        return {};
    }
  };
  const write = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  // Ctrl-C reaches every process of a terminal; the benchmark decides when this one ends.
  process.on('SIGINT', () => undefined);
  write({ versions: served.versions });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    if (request.do === 'quit') break;
    try {
      write(await answer(request));
    } catch (error) {
      write({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  process.exit(0);
}
