import { EbmError, equal, matMul, mul, reshape, sub, sum, type Tensor, type TensorData, tensor } from '@ebmkit/tensor';
import type { Site, Units } from '../units/units.js';
import type { Enumerable } from './enumeration.js';

/** Neighbouring sites of a layer that may hold the same vectors. */
export interface Segment {
  /** What one of them may hold. */
  readonly site: Site;
  /** How many sites there are. */
  readonly count: number;
  /** How many numbers one of them has. */
  readonly width: number;
  /** The first column of the first of them in a state. */
  readonly column: number;
}

const isSame = (a: Site, b: Site): boolean =>
  a === b || (a.length === b.length && a.every((vector, i) => vector.join() === b[i]?.join()));

/** Cuts the sites of a layer into segments, as long as can be. */
export function segmentsOf({ sites = [] }: Pick<Units, 'sites'>): readonly Segment[] {
  const segments: Segment[] = [];
  let column = 0;
  for (const site of sites) {
    const last = segments.at(-1);
    const width = site[0]?.length ?? 0;
    if (last && isSame(last.site, site)) segments[segments.length - 1] = { ...last, count: last.count + 1 };
    else segments.push({ site, count: 1, width, column });
    column += width;
  }
  return segments;
}

/**
 * What each site would have to add to hold each of its other vectors, `[..., sites, others, width]`, of states `[..., sites, width]`. The others
 * of vector number `c` are `c + 1`, `c + 2` and so on, in a circle.
 */
export function changesOf(site: Site, states: Tensor): Tensor {
  const [kinds, width] = [site.length, site[0]?.length ?? 0];
  const outer = states.shape.slice(0, -1);
  if (kinds === 2 && width === 1) {
    const total = (site[0]?.[0] as number) + (site[1]?.[0] as number);
    return reshape(sub(total, mul(states, 2)), [...outer, 1, 1]);
  }
  const distances = sub(reshape(states, [...outer, 1, width]), tensor(site));
  const isHeld = reshape(equal(sum(mul(distances, distances), -1), 0), [-1, kinds]);
  const others = site.map((_, held) =>
    Array.from({ length: kinds - 1 }, (__, r) => site[(held + r + 1) % kinds]).flat(),
  );
  const next = matMul(isHeld, tensor(others as number[][]));
  return sub(reshape(next, [...outer, kinds - 1, width]), reshape(states, [...outer, 1, width]));
}

/** Throws unless every site of every row holds one of its vectors. Sites of one number are known to. */
export function checkSites(where: string, units: Enumerable, numbers: TensorData): void {
  for (const { site, count, width, column } of segmentsOf(units)) {
    if (width === 1) continue;
    const known = new Set(site.map((vector) => vector.join()));
    for (let row = 0; row < numbers.length; row += units.size)
      for (let i = 0; i < count; i++) {
        const at = row + column + i * width;
        const held = numbers.subarray(at, at + width).join();
        if (!known.has(held))
          throw new EbmError(
            'argument',
            `${where}: expected one of ${[...known].join(' or ')} at ${column + i * width}, got ${held}. Draw states first.`,
          );
      }
  }
}
