import { type Backend, withBackend } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { countAlive, drive, steps } from './memory.js';
import type { BackendSuiteSettings } from './options.js';

/** No tensor is left over after many steps. */
export function describeMemory(lent: () => Backend, settings: BackendSuiteSettings): void {
  describe(`no leak over ${settings.steps} steps`, () => {
    test.each(Object.keys(steps).map((name) => [name]))('%s', (name) => {
      const backend = lent();
      const before = countAlive(backend);
      withBackend(backend, () => drive(name, settings.steps));
      expect(countAlive(backend)).toEqual(before);
    });
  });
}
