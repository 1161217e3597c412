import { type Backend, withBackend } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { countAlive, drive, loopStep, steps } from './memory.js';
import type { BackendSuiteSettings } from './options.js';

/** No tensor is left over after many steps, nor any handle. */
export function describeMemory(lent: () => Backend, settings: BackendSuiteSettings): void {
  describe(`no leak over ${settings.steps} steps`, () => {
    const possible = Object.keys(steps).filter((name) => settings.synchronousReads || name !== loopStep);
    test.each(possible.map((name) => [name]))('%s', (name) => {
      const backend = lent();
      const before = countAlive(backend);
      withBackend(backend, () => drive(name, settings.steps));
      expect(countAlive(backend)).toEqual(before);
    });
  });
}
