import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type InferenceGroup, scalarChains, summarise, toInferenceData, writeNetcdf } from '@ebmkit/diagnostics';
import { describe, expect, it } from 'vitest';
import { drawsForArviz } from '../interop/draws-for-arviz.mjs';

/** One array as ArviZ read it. */
interface ReadArray {
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly values?: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** What interop/inference-data.py prints. */
interface Report {
  readonly arviz: string;
  readonly opened: number;
  readonly contents: Readonly<
    Record<string, { readonly arrays: Readonly<Record<string, ReadArray>>; readonly attributes: object }>
  >;
  readonly rows: readonly string[];
  readonly summary: readonly Readonly<Record<string, number>>[];
}

const path = (name: string) => fileURLToPath(new URL(`../interop/${name}`, import.meta.url));
const { run, options } = drawsForArviz();
const data = toInferenceData(run, options);

describe('draws saved by ebmkit', () => {
  it('are the file that this version writes', () => {
    expect(Buffer.compare(writeNetcdf(data), readFileSync(path('run.nc')))).toBe(0);
  });
});

describe.each(['inference-data-arviz-0.json', 'inference-data-arviz-1.json'])('draws opened by ArviZ: %s', (name) => {
  const report = JSON.parse(readFileSync(path(name), 'utf8')) as Report;

  it('were opened by both readers of NetCDF, with and without ArviZ, and as Zarr', () => {
    expect(report.arviz.startsWith(name.includes('-0') ? '0.' : '1.')).toBe(true);
    expect(report.opened).toBe(5);
  });

  it('have the same arrays, axes, labels and attributes', () => {
    for (const [group, { variables, coords, attributes }] of Object.entries(data) as [string, InferenceGroup][]) {
      const read = report.contents[group];
      expect(Object.keys(read?.arrays ?? {}).sort()).toEqual(
        [...Object.keys(variables), ...Object.keys(coords)].sort(),
      );
      expect(read?.attributes).toEqual(attributes);
      for (const [key, array] of Object.entries(variables)) expectArray(read?.arrays[key], array);
      for (const [axis, labels] of Object.entries(coords)) {
        if (labels instanceof Int32Array) {
          expectArray(read?.arrays[axis], { dims: [axis], shape: [labels.length], data: labels });
        } else expect(read?.arrays[axis]?.values).toEqual(labels);
      }
    }
  });

  it('have the same summaries to the single precision in which ArviZ computes them', () => {
    const { theta, 'layers[0].spin': spin } = run.draws;
    const ours = [theta, spin]
      .flatMap((leaf) => scalarChains(leaf.data, leaf.shape))
      .map((chains) => summarise(chains));
    expect(report.rows).toEqual(['theta[weight]', 'theta[größe]', 'theta[age]', 'layers[0].spin']);
    ours.forEach((summary, row) => {
      const { mean, sd, bulkEss, tailEss, rHat, meanMcse } = summary;
      for (const [key, value] of Object.entries({ mean, sd, bulkEss, tailEss, rHat, meanMcse })) {
        const known = report.summary[row]?.[key] ?? Number.NaN;
        expect(Math.abs(value - known), `${key} of row ${row}`).toBeLessThan(2e-6 * Math.abs(known) + 1e-7);
      }
    });
  });
});

function expectArray(
  read: ReadArray | undefined,
  {
    dims,
    shape,
    data: numbers,
  }: { readonly dims: readonly string[]; readonly shape: readonly number[]; readonly data: ArrayLike<number> },
): void {
  const list = Array.from(numbers);
  const sum = list.reduce((total, value) => total + value, 0);
  const sumOfSquares = list.reduce((total, value) => total + value * value, 0);
  expect(read).toMatchObject({ dims, shape, first: list[0], last: list.at(-1) });
  expect(read?.sum).toBeCloseTo(sum, 8);
  expect(read?.sumOfSquares).toBeCloseTo(sumOfSquares, 8);
}
