import { jitWhile, abs, less, mul, add, normal, uniform, key, full, readSync, isFreed, scoped } from '@ebmkit/tensor';
const loop = jitWhile({
  begin: (k, x, bound) => ({ x, twin: x, bound, rounds: mul(uniform(k, []), 0) }),
  goesOn: ({ x, bound }) => less(abs(x), bound),
  round: (k, { x, bound, rounds }) => { const next = add(mul(x, 2), normal(k, x.shape)); return { x: next, twin: next, bound, rounds: add(rounds, 1) }; },
  end: ({ x, twin, bound, rounds }) => [x, twin, bound, rounds],
});
scoped(() => {
for (let c = 0; c < 4; c++) { const x = normal(key(c), [3]); const got = loop(key(c), x, full([], 2 ** c - 1)); console.log(c, got.map(isFreed), isFreed(x)); }
});
