import { setFlagsFromString } from 'node:v8';
import { instantiateProbes, type Probe, probedBytes, probeUnits } from './hardware-probes.js';
import type { Demand } from './workload.js';

/** What one core can do at most with 128-bit SIMD in WebAssembly, measured. */
export interface Limits {
  /** Multiplications and additions a second, in 1e9; fused where the engine can. */
  readonly gflops: number;
  /** The same without fused instructions. */
  readonly gflopsUnfused: number;
  /** Bytes read from memory a second, in 1e9. */
  readonly gbytes: number;
  /** Random words of 32 bits a second, in 1e9. */
  readonly gwords: number;
}

/** Measures the limits; what it gives is the best that has been seen since it was started. */
export interface LimitProbe {
  /** Measures once more, some 60 ms. */
  readonly probe: () => void;
  /** The best so far. */
  readonly best: () => Limits;
}

/** Units a second, in 1e9. */
function rate(run: Probe, count: number, unit: number): number {
  const begun = performance.now();
  run(count);
  return (count * unit) / (performance.now() - begun) / 1e6;
}

/** Starts measuring what the hardware can do. Call `probe` from time to time: the machine is not always equally fast. */
export async function startLimitProbe(): Promise<LimitProbe> {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  const probes = await instantiateProbes();
  let best: Limits = { gflops: 0, gflopsUnfused: 0, gbytes: 0, gwords: 0 };
  const measure = (): Limits => {
    const gflopsUnfused = rate(probes.multiplyAdd, 2e6, probeUnits.flops);
    const fused = probes.fusedMultiplyAdd ? rate(probes.fusedMultiplyAdd, 2e6, probeUnits.flops) : 0;
    return {
      gflops: Math.max(gflopsUnfused, fused),
      gflopsUnfused,
      gbytes: rate(probes.readMemory, probedBytes, 1),
      gwords: rate(probes.randomWords, 5e6, probeUnits.words),
    };
  };
  const probe = (): void => {
    const now = measure();
    best = {
      gflops: Math.max(best.gflops, now.gflops),
      gflopsUnfused: Math.max(best.gflopsUnfused, now.gflopsUnfused),
      gbytes: Math.max(best.gbytes, now.gbytes),
      gwords: Math.max(best.gwords, now.gwords),
    };
  };
  for (let i = 0; i < 5; i++) probe();
  return { probe, best: () => best };
}

/**
 * The least time in which one core could meet a demand, in ms: arithmetic and random words share the vector units, so their
 * times add up; memory traffic can go on beside them.
 */
export function boundOf({ flops = 0, bytes = 0, words = 0 }: Demand, limits: Limits): number {
  const compute = flops / limits.gflops + words / limits.gwords;
  return Math.max(compute, bytes / limits.gbytes) / 1e6;
}
