import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from './contender-process.js';

/** The folder of this app. */
export const appFolder = join(import.meta.dirname, '..');

/** Who takes part: a process, and the way of doing things that is asked of it. */
export interface Contender {
  /** The name in tables. */
  readonly name: string;
  /** The name of the process; several contenders can share one. */
  readonly process: string;
  /** What the process is asked for. */
  readonly variant: string;
  /** How the process is started. */
  readonly command: Command;
  /** Whether it is ebmkit. */
  readonly isOurs: boolean;
  /** How many threads it computes with. */
  readonly threads: number;
}

/** The program of Linux that keeps another one on given cores. */
const pinning: string = 'taskset';
const canPin = process.platform === 'linux' && spawnSync(pinning, ['--version']).status === 0;

/** Keeps a program with all its threads on as many cores as it may compute on, the last ones, where the system can. */
function onCores(threads: number, command: Command): Command {
  if (!canPin) return command;
  const last = availableParallelism() - 1;
  const cores = `${Math.max(0, last - threads + 1)}-${last}`;
  return { ...command, program: pinning, args: ['--cpu-list', cores, command.program, ...command.args] };
}

/** The environment of a peer: one thread, and no word to OpenBLAS about the processor, which slows current NumPy. */
function peerEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...rest } = process.env;
  const threads = ['OMP', 'MKL', 'OPENBLAS', 'NUMEXPR'].map((name) => [`${name}_NUM_THREADS`, '1']);
  return { ...rest, ...Object.fromEntries(threads), PYTHONDONTWRITEBYTECODE: '1' };
}

function nodeCommand(script: string, threads: number, ...args: string[]): Command {
  const path = join(appFolder, 'dist', script);
  return onCores(threads, { program: process.execPath, args: [path, ...args], env: process.env });
}

/** ebmkit on its backends. */
export const ourContenders: readonly Contender[] = ['wasm-1', 'wasm-2', 'tfjs-wasm', 'tfjs-cpu'].map((backend) => {
  const [name, threads] = [`ebmkit ${backend}`, backend === 'wasm-2' ? 2 : 1];
  const command = nodeCommand('serve-ebmkit.js', threads, backend);
  return { name, process: name, variant: backend, command, isOurs: true, threads };
});

function pythonPeer(python: string, script: string, names: readonly string[]): Contender[] {
  const args = [join(appFolder, 'peers', script)];
  const command = onCores(1, { program: python, args, env: peerEnvironment() });
  return names.map((name) => ({ name, process: script, variant: name, command, isOurs: false, threads: 1 }));
}

/**
 * Everyone else.
 *
 * @param python - The interpreter of the peers' environment; without it only the peers in JavaScript take part.
 */
export function peerContenders(python: string | undefined): readonly Contender[] {
  const jaxJs: Contender = {
    name: 'jax-js',
    process: 'jax-js',
    variant: 'jax-js',
    command: nodeCommand('serve-jax-js.js', 1),
    isOurs: false,
    threads: 1,
  };
  if (python === undefined) return [jaxJs];
  return [
    ...pythonPeer(python, 'torch_peer.py', ['torchebm', 'torch', 'torch-analytic']),
    ...pythonPeer(python, 'sklearn_peer.py', ['scikit-learn', 'numpy']),
    ...pythonPeer(python, 'jax_peer.py', ['jax', 'thrml', 'blackjax']),
    jaxJs,
  ];
}
