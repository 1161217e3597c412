import { EbmError, fillNormal, fillUniform, isKey, type Key, split } from '@ebmkit/tensor';

/** Points in the plane with the part that each came from. */
export interface Points {
  /** x and y of each point: `[count, 2]`. */
  readonly points: Float32Array;
  /** Which moon, ring, cell or arm each came from, `[count]`. */
  readonly labels: Int32Array;
  /** How many points. */
  readonly count: number;
}

/** Where one point falls: x, y, label. */
type Place = (uniforms: Float64Array, normals: Float64Array) => readonly [number, number, number];

/** Draws points, each from three uniforms on [0, 1) and two standard normals of its own. */
export function drawPoints(where: string, key: Key, count: number, place: Place): Points {
  if (!isKey(key)) throw new EbmError('argument', `${where}: expected a key first. Make one with key(seed).`);
  if (!Number.isInteger(count) || count < 0)
    throw new EbmError('argument', `${where}: count must be a whole number of at least 0, got ${count}.`);
  const [forUniforms, forNormals] = split(key, 2);
  const uniforms = new Float64Array(3 * count);
  const normals = new Float64Array(2 * count);
  fillUniform(forUniforms.words, uniforms);
  fillNormal(forNormals.words, normals);
  const points = new Float32Array(2 * count);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const [x, y, label] = place(uniforms.subarray(3 * i, 3 * i + 3), normals.subarray(2 * i, 2 * i + 2));
    points.set([x, y], 2 * i);
    labels[i] = label;
  }
  return { points, labels, count };
}

/** Throws unless a setting is a finite number of at least 0. */
export function checkSpread(where: string, name: string, value: number): void {
  if (!Number.isFinite(value) || value < 0)
    throw new EbmError('argument', `${where}: ${name} must be a finite number of at least 0, got ${value}.`);
}

/** Throws unless a setting is a whole number of at least `least`. */
export function checkWhole(where: string, name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least ${least}, got ${value}.`);
}
