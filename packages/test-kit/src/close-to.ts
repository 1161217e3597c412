import { expect } from 'vitest';

/** How far a number may be from the right one: `absolute + relative * scale`. */
export interface Tolerance {
  /** Allowed error as a share of the scale, which is the size of the right number unless a scale is given. */
  readonly relative: number;
  /** Allowed error where the scale is zero. */
  readonly absolute: number;
}

const largestFloat32 = 3.4028234663852886e38;
const smallestNormalFloat32 = 2 ** -126;

/**
 * Whether a float32 result stands for a number computed in double precision: NaN for NaN, the same infinity, an
 * infinity also where float32 overflows, zero also below its smallest normal number, and the tolerance elsewhere.
 *
 * @param got - The result under test.
 * @param want - The right number.
 * @param tolerance - The allowed error.
 * @param scale - What the relative error is a share of: for a sum, the sum of the sizes of its terms.
 */
export function isCloseTo(got: number, want: number, tolerance: Tolerance, scale = Math.abs(want)): boolean {
  if (Object.is(got, want) || got === want) return true;
  if (Number.isNaN(want) || Number.isNaN(got)) return Number.isNaN(want) && Number.isNaN(got);
  const { relative, absolute } = tolerance;
  if (Math.abs(got) === Number.POSITIVE_INFINITY)
    return Math.sign(got) === Math.sign(want) && Math.abs(want) > largestFloat32 * (1 - relative);
  if (Math.abs(want) === Number.POSITIVE_INFINITY) return false;
  return Math.abs(got - want) <= absolute + relative * scale + (Math.abs(want) < smallestNormalFloat32 ? 2e-38 : 0);
}

/**
 * Compares two lists of numbers element by element.
 *
 * @param got - The numbers under test.
 * @param want - The right numbers.
 * @param tolerance - The allowed error; exact equality (NaN equals NaN) when left out.
 * @param scales - One scale per element, see `isCloseTo`.
 * @returns What is wrong, as a sentence; undefined when nothing is.
 */
export function findMismatch(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: Tolerance = { relative: 0, absolute: 0 },
  scales?: ArrayLike<number>,
): string | undefined {
  if (got.length !== want.length) return `expected ${want.length} values, got ${got.length}`;
  const exact = tolerance.relative === 0 && tolerance.absolute === 0;
  for (let i = 0; i < want.length; i++) {
    const [x, y] = [got[i] as number, want[i] as number];
    const fits = exact ? x === y || (Number.isNaN(x) && Number.isNaN(y)) : isCloseTo(x, y, tolerance, scales?.[i]);
    if (!fits) return `value ${i} of ${want.length}: expected ${y}, got ${x} (off by ${x - y})`;
  }
  return undefined;
}

/**
 * Fails the running test unless two lists of numbers agree.
 *
 * @param got - The numbers under test.
 * @param want - The right numbers.
 * @param tolerance - The allowed error; exact equality when left out.
 * @param where - Put before the message.
 */
export function expectCloseTo(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance?: Partial<Tolerance>,
  where = '',
): void {
  const mismatch = findMismatch(got, want, { relative: 0, absolute: 0, ...tolerance });
  expect(mismatch, where).toBeUndefined();
}
