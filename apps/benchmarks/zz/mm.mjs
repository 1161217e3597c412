import { jit, matMul, tensor, useBackend, add, mul, normal, key, free } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
await useBackend(wasm({ threads: 1 }));
for (const [m, n] of [[4,64],[4,96],[4,100],[4,128],[8,100],[11,100],[12,100],[16,100]]) {
  const P = normal(key(1), [n, n]), x = normal(key(2), [m, n]);
  const R = 20;
  const f = jit((x, P) => { let y = x; for (let i = 0; i < R; i++) y = mul(matMul(y, P), 0.1); return y; });
  free(f(x, P));
  let best = 1e9, all = [];
  for (let k = 0; k < 40; k++) { const t = performance.now(); for (let i = 0; i < 50; i++) free(f(x, P)); all.push((performance.now() - t) / 50 / R * 1e3); }
  all.sort((a, b) => a - b);
  console.log(m, n, 'us per product: best', all[0].toFixed(2), 'median', all[20].toFixed(2), 'GMAC/s', (m * n * n / all[0] / 1e3).toFixed(1));
}
