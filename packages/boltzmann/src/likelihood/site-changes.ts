import { EbmError, equal, matMul, mul, reshape, sub, sum, type Tensor, tensor } from '@ebmkit/tensor';
import type { Site, Units } from '../units/units.js';

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

/** Throws unless every site of every row holds one of its vectors. */
export function checkSites(where: string, units: Pick<Units, 'size' | 'sites'>, numbers: ArrayLike<number>): void {
  for (const segment of segmentsOf(units))
    for (let row = 0; row < numbers.length; row += units.size)
      if (segment.width === 1) checkNumbers(where, segment, numbers, row + segment.column);
      else checkVectors(where, segment, numbers, row);
}

/** Throws unless each number of a segment from `first` on is one that its site may hold. */
function checkNumbers(where: string, { site, count }: Segment, numbers: ArrayLike<number>, first: number): void {
  const values = site.map(([value]) => value as number);
  for (let i = first; i < first + count; i++) {
    const x = numbers[i] as number;
    if (values.includes(x)) continue;
    const advice =
      x === 0 && values.includes(-1)
        ? 'Spins are -1 and 1: turn bits x into 2 x - 1, in a Float32Array.'
        : 'Draw or round the data to states first.';
    throw new EbmError('argument', `${where}: expected states of ${values.join(' or ')}, got ${x}. ${advice}`);
  }
}

/** Throws unless each group of numbers of a segment in one row is a vector that its site may hold. */
function checkVectors(
  where: string,
  { site, count, width, column }: Segment,
  numbers: ArrayLike<number>,
  row: number,
): void {
  for (let i = 0; i < count; i++) {
    const at = column + i * width;
    if (site.some((vector) => vector.every((x, k) => x === numbers[row + at + k]))) continue;
    const held = Array.from({ length: width }, (_, k) => numbers[row + at + k]).join();
    const known = site.map((vector) => vector.join()).join(' or ');
    throw new EbmError('argument', `${where}: expected one of ${known} at ${at}, got ${held}. Draw states first.`);
  }
}
