/** `npm run docs`: install, build the packages, serve the documentation site of apps/docs. */
import { install, required, run, turbo } from './workspace.mjs';

install();
required('Building', turbo(['build', '--filter=./packages/*', '--output-logs=errors-only']));
process.exit(run('pnpm', ['--dir', 'apps/docs', 'run', 'dev'], { shell: process.platform === 'win32' }));
