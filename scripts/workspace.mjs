/** What every driver script shares: the root, running a program, installing the workspace, running turbo tasks. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Every workspace package: its folder, whether it is an app, and its package.json. */
export function workspacePackages() {
  return ['packages', 'apps']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: manifest(folder) }));
}

/** Runs a program in the root with the workspace's own tools first on the PATH; gives its exit code. */
export function run(command, args, { env = {}, shell = false } = {}) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const path = [join(root, 'node_modules', '.bin'), process.env[pathName]].join(delimiter);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell,
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
      npm_config_update_notifier: 'false',
      ...env,
      [pathName]: path,
    },
  });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** Ends the process when a step failed, naming the step. */
export function required(step, status) {
  if (status === 0) return;
  console.error(`${step} failed (exit code ${status}).`);
  process.exit(status);
}

/** Runs turbo tasks. The number of tasks at once is TURBO_CONCURRENCY, or 2: vitest and tsup use several cores themselves. */
export function turbo(args, options) {
  const binary = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  return run(
    process.execPath,
    [binary, 'run', ...args, `--concurrency=${process.env.TURBO_CONCURRENCY ?? 2}`],
    options,
  );
}

/** Everything that decides what node_modules holds, as one hash. */
function installFingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(root, name));
  for (const { folder } of workspacePackages()) files.push(join(folder, 'package.json'));
  for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

/** Installs the workspace with the pinned pnpm through npx, unless node_modules already matches the lockfile. */
export function install() {
  const stamp = join(root, 'node_modules', '.installed');
  const fingerprint = installFingerprint();
  const linked = workspacePackages().every(({ folder }) => existsSync(join(folder, 'node_modules')));
  if (linked && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  const { packageManager } = manifest(root);
  console.log(`Installing the workspace with ${packageManager} (needs the network the first time).`);
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile'];
  // On Windows npx is a .cmd file, which only a shell can start.
  // `npm run --silent` would silence pnpm too, its errors included.
  const env = { npm_config_loglevel: undefined };
  required('Installing', run('npx', args, { env, shell: process.platform === 'win32' }));
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
}
