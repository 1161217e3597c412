import {
  bitsOf,
  jit,
  type Key,
  key,
  memory,
  readSync,
  reference,
  scoped,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { isingLatticeSweeps } from './ising-lattice-sweeps.js';

const backends = [
  { name: 'reference', make: () => reference() },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A table in which every entry differs, and the surest are 0 and 1. */
function tableOf(axes: number): number[][] {
  const levels = 2 * axes + 1;
  return [0, 1].map((row) =>
    Array.from({ length: levels }, (_, k) => {
      if (k === 0 && row === 0) return 0;
      return k === levels - 1 && row === 1 ? 1 : sigmoid(0.8 * (k - axes) + 0.5 * row - 0.1);
    }),
  );
}

/** The sites of a lattice with their neighbours and the parity of their coordinates. */
function sitesOf(size: readonly number[]) {
  const count = size.reduce((a, b) => a * b, 1);
  const strides = size.map((_, i) => size.slice(i + 1).reduce((a, b) => a * b, 1));
  return Array.from({ length: count }, (_, site) => {
    const at = size.map((side, i) => Math.floor(site / (strides[i] as number)) % side);
    const neighbours = size.flatMap((side, i) =>
      [1, side - 1].map(
        (step) => site + ((((at[i] as number) + step) % side) - (at[i] as number)) * (strides[i] as number),
      ),
    );
    return { parity: at.reduce((a, b) => a + b) % 2, neighbours };
  });
}

/** A start that is neither ordered nor periodic. */
const startOf = (sites: number): Uint8Array =>
  Uint8Array.from({ length: sites }, (_, i) => ((i * i * 7 + 3 * i) >> 2) & 1);

const sizes = [
  [2, 2],
  [4, 4],
  [2, 6],
  [4, 36],
  [2, 4, 6],
];

onEach('One sweep', backends, () => {
  test.each(sizes.map((size) => [size.join(' × '), size] as const))(
    'over %s draws every spin as its neighbours say',
    (_, size) => {
      const sites = sitesOf(size);
      const start = startOf(sites.length);
      const levels = 2 * size.length + 1;
      const table = tableOf(size.length);
      const n = Math.ceil(100_000 / sites.length);
      const all = tensor(
        Uint8Array.from({ length: n * sites.length }, (_x, i) => start[i % sites.length] as number),
        [n, ...size],
      );
      const end = readSync(scoped<Tensor>(() => isingLatticeSweeps(key(3), all, tensor(table))));
      const [tried, up] = [new Float64Array(4 * levels), new Float64Array(4 * levels)];
      let together = 0;
      for (let lattice = 0; lattice < n; lattice++) {
        const spin = (site: number): number => end[lattice * sites.length + site] as number;
        sites.forEach(({ parity, neighbours }, site) => {
          // Even sites were drawn first, given the start; odd ones given what the even ones became.
          const k = neighbours.reduce((sum, other) => sum + (parity === 0 ? (start[other] as number) : spin(other)), 0);
          const entry = (2 * parity + (start[site] as number)) * levels + k;
          tried[entry] = (tried[entry] as number) + 1;
          up[entry] = (up[entry] as number) + spin(site);
        });
      }
      for (const [entry, count] of tried.entries()) {
        const p = (table[Math.floor(entry / levels) % 2] as number[])[entry % levels] as number;
        expect(Math.abs((up[entry] as number) - count * p)).toBeLessThanOrEqual(
          5 * Math.sqrt(count * p * (1 - p)) + 1e-3,
        );
      }
      // Two even sites with the same chances are independent.
      const evens = sites.flatMap(({ parity }, site) => (parity === 0 ? [site] : []));
      const [a, b] = [evens[0] as number, evens[1] as number];
      const chance = (site: number): number => {
        const k = (sites[site]?.neighbours ?? []).reduce((sum, other) => sum + (start[other] as number), 0);
        return (table[start[site] as number] as number[])[k] as number;
      };
      for (let lattice = 0; lattice < n; lattice++)
        together += (end[lattice * sites.length + a] as number) * (end[lattice * sites.length + b] as number);
      const both = chance(a) * chance(b);
      expect(Math.abs(together - n * both)).toBeLessThanOrEqual(5 * Math.sqrt(n * both * (1 - both)) + 1e-3);
    },
  );

  test('jit gives the same bits, and nothing is left behind', () => {
    const spins = tensor(startOf(2 * 64), [2, 8, 8]);
    const step = (k: Key, x: Tensor): Tensor => isingLatticeSweeps(k, x, tensor(tableOf(2)), 3);
    const compiled = jit(step);
    const traced = compiled(key(4), spins);
    const before = memory().tensors;
    const eager = scoped<Tensor>(() => step(key(4), spins));
    expect(memory().tensors).toBe(before + 1);
    expect([...readSync(traced)]).toEqual([...readSync(eager)]);
    compiled.clear();
  });
});

/** The native kernel in plain TypeScript, for lattices `[1, rows, side]` of one stream. */
function plainSweeps(
  words: readonly [number, number],
  spins: Uint8Array,
  rows: number,
  side: number,
  table: number[][],
  sweeps: number,
) {
  const bytes = new Uint8Array(bitsOf(words, 4096).buffer);
  let used = 0;
  const draw = (): Uint8Array => {
    used += 16;
    return bytes.subarray(used - 16, used);
  };
  const state = spins.slice();
  const half = side / 2;
  const at = (r: number, c: number): number => state[((r + rows) % rows) * side + ((c + side) % side)] as number;
  const threshold = (p: number): number => Math.ceil(Math.fround(p) * 2 ** 24);
  for (let s = 0; s < 2 * sweeps; s++)
    for (let r = 0; r < rows; r++) {
      const first = (r + s) % 2;
      for (let begin = 0; begin < half; begin += 16) {
        const lanes = Array.from({ length: Math.min(16, half - begin) }, (_, i) => 2 * (begin + i) + first);
        const wanted = lanes.map((c) => {
          const k = at(r - 1, c) + at(r + 1, c) + at(r, c - 1) + at(r, c + 1);
          return threshold((table[at(r, c)] as number[])[k] as number);
        });
        // The kernel draws lanes beyond the end of a row as well, and so has more bits drawn when those are undecided: sides here fill vectors.
        let open = lanes.map(() => true);
        const up = lanes.map(() => false);
        for (let part = 0; part < 3 && open.some(Boolean); part++) {
          const random = draw();
          open = open.map((is, i) => {
            if (!is) return false;
            const all = (wanted[i] as number) >= 2 ** 24;
            const byte = all ? 255 : ((wanted[i] as number) >> (16 - 8 * part)) & 255;
            // Bytes are compared as signed numbers, the random ones as they are.
            const value = ((random[i] as number) + 128) & 255;
            up[i] = value < byte || (value === byte && part === 2 && all);
            return value === byte;
          });
        }
        lanes.forEach((c, i) => {
          state[r * side + c] = Number(up[i]);
        });
      }
    }
  return state;
}

describe('The native kernel', () => {
  test('equals its transcription to the bit', async () => {
    const backend = await wasm({ threads: 1 });
    const [rows, side, sweeps] = [6, 64, 3];
    const start = startOf(rows * side);
    const table = tableOf(2);
    const result = backend.upload(start, { shape: [1, rows, side], dtype: 'bool' });
    void result;
    await useBackend(backend);
    const end = scoped<Tensor>(() =>
      isingLatticeSweeps(key(11), tensor(start, [1, rows, side]), tensor(table), sweeps),
    );
    expect([...readSync(end)]).toEqual([...plainSweeps([0, 11], start, rows, side, table, sweeps)]);
    await useBackend(reference());
  });
});
