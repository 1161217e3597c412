/** Installs, then runs the named turbo tasks: `node scripts/tasks.mjs build`. */
import { install, turbo } from './workspace.mjs';

install();
process.exit(turbo(process.argv.slice(2)));
