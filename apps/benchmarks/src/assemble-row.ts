import { judge, judgeAgreement } from './judge.js';
import { boundOf, type Limits } from './limits.js';
import type { Measurement, RowResult } from './results.js';
import { ratioOf } from './statistics.js';
import type { Inputs, Quality, Row, Workload } from './workload.js';

/** Which contender ratios refer to, if it is there: one thread of the compiled backend, else the next best of ours. */
const baselines = ['ebmkit wasm-1', 'ebmkit tfjs-wasm', 'ebmkit tfjs-cpu'];

/** Marks what came out wrong. */
function judged(
  { expected, agreed = {} }: Workload,
  { parameters }: Row,
  inputs: Inputs,
  measurements: readonly Measurement[],
): Measurement[] {
  const truth = expected?.(parameters, inputs) ?? {};
  const qualities = new Map<string, Quality>();
  for (const { contender, quality } of measurements) if (quality) qualities.set(contender, quality);
  const disagreeing = judgeAgreement(qualities, agreed);
  return measurements.map((measurement) => {
    const { contender, quality } = measurement;
    if (!quality) return measurement;
    // A peer that solves another problem, such as persistent chains, answers under another name and is not compared.
    const own = Object.fromEntries(Object.entries(truth).filter(([name]) => measurement.isOurs || name in quality));
    const faults = [...judge(quality, own), ...(disagreeing.get(contender) ?? [])];
    return { ...measurement, faults, status: faults.length > 0 ? 'failed' : measurement.status };
  });
}

/** Adds to the times of a row what they mean: checks, ratios to the baseline, and the bound of the hardware. */
export function assembleRow(
  workload: Workload,
  row: Row,
  inputs: Inputs,
  times: readonly Measurement[],
  limits: Limits,
): RowResult {
  const { name, group, title } = workload;
  const { size, parameters } = row;
  const measurements = judged(workload, row, inputs, times);
  const valid = measurements.filter(({ status }) => status === 'ok');
  const baseline = baselines
    .map((wanted) => valid.find(({ contender }) => contender === wanted))
    .find((found) => found !== undefined);
  const demand = workload.demand?.(parameters);
  const throughput = workload.throughput?.(parameters);
  return {
    id: `${name}/${size}`,
    workload: name,
    group,
    title,
    size,
    parameters,
    ...(demand && { demand, bound: boundOf(demand, limits) }),
    ...(throughput && { throughput }),
    ...(baseline && { baseline: baseline.contender }),
    measurements: measurements.map((measurement) =>
      baseline && measurement.status === 'ok'
        ? { ...measurement, ratio: ratioOf(baseline.rounds, measurement.rounds) }
        : measurement,
    ),
  };
}
