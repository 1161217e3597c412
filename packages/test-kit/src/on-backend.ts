import { type Backend, reference, useBackend } from '@ebmkit/tensor';
import { afterAll, beforeAll, describe } from 'vitest';

/** A backend to run a suite on. */
export interface SuiteBackend {
  /** Its name in the report. */
  readonly name: string;
  /** Makes it. */
  readonly make: () => Backend | Promise<Backend>;
}

/** The float32 reference backend, on which suites run unless they are told otherwise. */
export const referenceOnly: readonly SuiteBackend[] = [{ name: 'reference', make: () => reference() }];

/** Declares the same tests for each backend, with that backend active while they run. */
export function onEach(name: string, backends: readonly SuiteBackend[], tests: () => void): void {
  describe.each(backends.map((backend) => [backend.name, backend] as const))(`${name} on %s`, (_, { make }) => {
    beforeAll(async () => {
      await useBackend(make());
    });
    afterAll(async () => {
      await useBackend(reference());
    });
    tests();
  });
}
