/**
 * `npm test`: install, build, run every test (those in a browser where a Chromium is found), and print the totals.
 * `npm run test:browser` is the same with the argument `browser`: the browser tests alone, and a Chromium is required.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from './chromium.mjs';
import { summarise } from './summarise-tests.mjs';
import { install, root, turbo, workspacePackages } from './workspace.mjs';

const howToEnable = 'Install one (Debian: apt-get install chromium) or set CHROMIUM_PATH to its path.';

const browserOnly = process.argv[2] === 'browser';
const chromium = findChromium();
if (browserOnly && chromium === undefined) {
  console.error(`Browser tests need a Chromium; none was found. ${howToEnable}`);
  process.exit(1);
}

install();

// Reports of earlier runs go first: turbo puts the report of a cached run back, so what is missing afterwards did not run.
for (const folder of [root, ...workspacePackages().map((entry) => entry.folder)]) {
  rmSync(join(folder, 'reports'), { recursive: true, force: true });
}

const statuses = [];
if (!browserOnly) statuses.push(turbo(['test', '//#test:examples', '--continue']));
if (chromium !== undefined) {
  statuses.push(turbo(['test:browser', '--continue'], { env: { CHROMIUM_PATH: chromium } }));
} else {
  console.log(`\nBrowser tests are SKIPPED: no Chromium was found. ${howToEnable}`);
}

const tasksPassed = statuses.every((status) => status === 0);
process.exit(summarise({ unit: !browserOnly, browser: chromium !== undefined, tasksPassed }) ? 0 : 1);
