import { type Backend, reference, useBackend } from '@ebmkit/tensor';
import { afterAll, beforeAll, describe } from 'vitest';

/** A backend to run a suite on. */
export interface SuiteBackend {
  /** Its name in the report. */
  readonly name: string;
  /** Makes it. */
  readonly make: () => Backend | Promise<Backend>;
}

/**
 * Declares the same tests for each backend, with that backend active while they run.
 *
 * @param name - What is tested.
 * @param backends - Where; the float32 reference backend unless given.
 * @param tests - Declares the tests.
 */
export function onEach(name: string, backends: readonly SuiteBackend[] | undefined, tests: () => void): void {
  const chosen = backends ?? [{ name: 'reference', make: () => reference() }];
  describe.each(chosen.map((backend) => [backend.name, backend] as const))(`${name} on %s`, (_, { make }) => {
    beforeAll(async () => {
      await useBackend(make());
    });
    afterAll(async () => {
      await useBackend(reference());
    });
    tests();
  });
}
