#!/usr/bin/env node
import { createRequire } from 'node:module';
import { EbmError } from '@ebmkit/tensor';
import { makeProgram } from './cli/program.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

try {
  await makeProgram(version).parseAsync();
} catch (error) {
  if (!(error instanceof EbmError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
