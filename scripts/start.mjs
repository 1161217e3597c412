/** `npm start`: install, build, run the main job. Arguments after `--` go to the job. */
import { install, required, run, turbo } from './workspace.mjs';

const job = ['packages/ebmkit/dist/cli.js', 'demo'];

install();
required('Building', turbo(['build', '--filter=ebmkit...', '--output-logs=errors-only']));
process.exit(run(process.execPath, [...job, ...process.argv.slice(2)]));
