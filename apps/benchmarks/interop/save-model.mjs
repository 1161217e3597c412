/** Writes model.safetensors and rows.txt beside this file: a 784-20 machine with weights of some size, and rows of random bits. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bernoulli, rbm } from '@ebmkit/boltzmann';
import { saveCheckpoint } from '@ebmkit/checkpoint';
import { key, mul, normal, bernoulli as randomBits, readSync, split } from '@ebmkit/tensor';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const [forWeights, forVisible, forHidden, forRows] = split(key(784), 4);

const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(20) });
const { weight } = machine.init(forWeights);
const params = { weight: mul(weight, 10), visibleBias: normal(forVisible, [784]), hiddenBias: normal(forHidden, [20]) };
await saveCheckpoint(path('model.safetensors'), params, {
  model: 'rbm',
  visible: 'bernoulli(784)',
  hidden: 'bernoulli(20)',
});

const bits = readSync(randomBits(forRows, 0.3, [8, 784]));
const lines = Array.from({ length: 8 }, (_, row) => bits.subarray(row * 784, (row + 1) * 784).join(''));
writeFileSync(path('rows.txt'), `${lines.join('\n')}\n`);
