import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appFolder } from './contenders.js';

/** Runs a program with its output on standard error, and throws when it fails. */
function required(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed (exit code ${status}).`);
}

/**
 * Makes the peers' virtual environment unless it is there with what requirements.txt pins; takes a few minutes the first time.
 *
 * @returns The path of its Python.
 * @throws Error when there is no Python 3 or the packages do not install.
 */
export function pythonEnvironment(): string {
  const folder = join(appFolder, 'node_modules', '.peers');
  const requirements = join(appFolder, 'peers', 'requirements.txt');
  const python = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const stamp = join(folder, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  process.stderr.write(
    'Installing the peers into apps/benchmarks/node_modules/.peers (some minutes the first time).\n',
  );
  if (!existsSync(python)) required(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
  required(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stamp, wanted);
  return python;
}
