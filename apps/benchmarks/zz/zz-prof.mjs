// src/zz-prof.ts
import { adaptedMetric, nuts, run, warmUp } from "@ebmkit/samplers";
import { key as key2, readSync, tensor as tensor2, useBackend } from "@ebmkit/tensor";
import { wasm } from "@ebmkit/tensor-wasm";

// src/inputs.ts
import { fillNormal, fillUniform, key } from "@ebmkit/tensor";
function normals(seed, count) {
  const out = new Float32Array(count);
  fillNormal(key(seed).words, out);
  return out;
}

// src/workloads/correlated-gaussian.ts
import { gaussian } from "@ebmkit/energy";
var correlation = 0.9;
function correlatedGaussian(size) {
  const covariance = Array.from(
    { length: size },
    (_, i) => Float64Array.from({ length: size }, (__, j) => correlation ** Math.abs(i - j))
  );
  return gaussian({ mean: new Float64Array(size), covariance });
}

// src/workloads/eight-schools.ts
import { add, exp, log1p, mul, reshape, slice, square, sub, sumEvent, tensor } from "@ebmkit/tensor";
var effects = [28, 8, -3, 7, -1, 1, 18, 12];
var errors = [15, 10, 16, 11, 9, 11, 10, 18];
var priorScale = 5;
function eightSchools(centred) {
  return {
    energy: (x) => {
      const n = x.shape[0];
      const [mu, logTau, rest] = [slice(x, [0, 0], [n, 1]), slice(x, [0, 1], [n, 1]), slice(x, [0, 2], [n, 8])];
      const tau = exp(logTau);
      const theta = centred ? rest : add(mu, mul(tau, rest));
      const unit = centred ? mul(sub(rest, mu), exp(mul(logTau, -1))) : rest;
      const misfit = mul(sub(theta, tensor(effects)), tensor(errors.map((s) => 1 / s)));
      const squares = add(sumEvent(square(misfit)), sumEvent(square(unit)));
      const prior = add(mul(square(mul(mu, 1 / priorScale)), 0.5), log1p(square(mul(tau, 1 / priorScale))));
      const volume = mul(logTau, centred ? 7 : -1);
      return add(mul(squares, 0.5), reshape(add(prior, volume), [n]));
    }
  };
}

// src/zz-prof.ts
await useBackend(wasm({ threads: 1 }));
var which = process.argv[2];
var [target, dim, stepSize] = which === "gaussian" ? [correlatedGaussian(100), 100, 0.25] : [eightSchools(false), 10, 0.4];
var chains = Number(process.argv[3] ?? 4);
var begin = tensor2(normals(17, chains * dim), [chains, dim]);
var kernel = nuts(target, { stepSize });
if (process.argv[5] === "adapted") {
  const { parameters } = await warmUp({ kernel: (settings) => nuts(target, settings), start: begin, steps: 500, key: key2(0) });
  kernel = nuts(target, { stepSize: parameters.stepSize, metric: adaptedMetric(parameters.inverseMass) });
}
var t0 = performance.now();
var first = 0;
var leaves = 0;
var lock = 0;
var N = Number(process.argv[4] ?? 5e3);
var start = 0;
var cpu0 = process.cpuUsage();
var hist = {};
await run(kernel, begin, { steps: N + 50, key: key2(1), observe: ({ info }, at) => {
  if (at === 0) first = performance.now() - t0;
  if (at === 50) {
    start = performance.now();
    cpu0 = process.cpuUsage();
  }
  if (at >= 50) {
    const l = readSync(info.integrationSteps);
    let m = 0;
    for (const x of l) {
      leaves += x;
      m = Math.max(m, x);
    }
    lock += m;
    hist[m] = (hist[m] ?? 0) + 1;
  }
  return at;
} });
var ms = performance.now() - start;
var c = process.cpuUsage(cpu0);
console.log("cpu per step us", (c.user + c.system) / N);
console.log({ first, ms, perStep: 1e3 * ms / N, perLeaf: 1e3 * ms / leaves, perLock: 1e3 * ms / lock, meanLeaves: leaves / N / chains, meanLock: lock / N });
console.log(hist);
