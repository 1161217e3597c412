import type { TensorType } from '@ebmkit/tensor';
import type { CodeFeatures } from '../../assembler/function-builder.js';
import type { Heap } from '../../machine/heap.js';
import { compileKernel } from './kernel-runner.js';
import { matMulRule } from './matrix-product.js';
import type { Tile } from './tile.js';

const candidates: readonly Tile[] = [
  { rows: 4, vectors: 2 },
  { rows: 3, vectors: 3 },
  { rows: 6, vectors: 2 },
];

/** Engines run quick code first and better code once it is ready: this long the candidates take turns. */
const milliseconds = 12;
const callsOfTurn = 6;
/** All candidates divide it: no time goes into smaller tiles at the edges. */
const size = 96;
/** Another tile has to be this much faster than the first one. */
const advantage = 0.97;

/**
 * Finds out which tile is fastest on this engine: how many sums it keeps in registers differs. The tile changes the speed, not
 * the bits of results.
 */
export function probeTile(heap: Heap, features: CodeFeatures): Tile {
  const type: TensorType = { shape: [size, size], dtype: 'float32' };
  const bytes = 4 * size * size;
  const [a, b, out] = [heap.allocate(bytes), heap.allocate(bytes), heap.allocate(bytes)];
  for (const address of [a, b]) new Float32Array(heap.memory.buffer).fill(1, address / 4, address / 4 + size * size);
  const racers = candidates.map((tile) => {
    const kernel = matMulRule(tile)([type, type], { transposeA: false, transposeB: false }, type);
    return { tile, kernel, compiled: compileKernel(heap, kernel, features), best: Number.POSITIVE_INFINITY };
  });
  const end = performance.now() + milliseconds;
  while (performance.now() < end)
    for (const racer of racers) {
      const start = performance.now();
      for (let call = 0; call < callsOfTurn; call++) racer.compiled.run(a, b, out);
      racer.best = Math.min(racer.best, performance.now() - start);
    }
  for (const { kernel, compiled } of racers) heap.release(compiled.scratch, kernel.scratch);
  for (const address of [a, b, out]) heap.release(address, bytes);
  return racers.reduce((winner, racer) => (racer.best < advantage * winner.best ? racer : winner)).tile;
}
