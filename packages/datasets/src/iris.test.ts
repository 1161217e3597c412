import { expect, test } from 'vitest';
import { iris } from './index.js';

/** Means and standard deviations (divided by 50) of every species, by scikit-learn's `load_iris` and NumPy. */
const means = [
  [5.006, 3.428, 1.462, 0.246],
  [5.936, 2.77, 4.26, 1.326],
  [6.588, 2.974, 5.552, 2.026],
];
const deviations = [
  [0.34894699, 0.37525458, 0.17191859, 0.10432641],
  [0.51098337, 0.31064449, 0.46518813, 0.19576517],
  [0.62948868, 0.31925538, 0.54634787, 0.27188968],
];

test('the irises have the means and deviations of those in scikit-learn', () => {
  const { measurements, labels, count, species, features } = iris();
  expect([count, measurements.length, labels.length, species.length, features.length]).toEqual([150, 600, 150, 3, 4]);
  for (const [label, wanted] of means.entries()) {
    const rows = Array.from({ length: count }, (_, i) => i).filter((i) => labels[i] === label);
    expect(rows.length).toBe(50);
    for (let j = 0; j < 4; j++) {
      const values = rows.map((i) => measurements[i * 4 + j] as number);
      const mean = values.reduce((a, b) => a + b) / 50;
      const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 50);
      expect(mean).toBeCloseTo(wanted[j] as number, 5);
      expect(deviation).toBeCloseTo(deviations[label]?.[j] as number, 5);
    }
  }
  // Rows 35 and 38 differ in other copies of the data.
  expect(Array.from(measurements.slice(34 * 4, 35 * 4), (v) => v.toFixed(1))).toEqual(['4.9', '3.1', '1.5', '0.2']);
  expect(Array.from(measurements.slice(37 * 4, 38 * 4), (v) => v.toFixed(1))).toEqual(['4.9', '3.6', '1.4', '0.1']);
});

test('every call gives arrays of its own', () => {
  iris().measurements[0] = 0;
  expect(iris().measurements[0]).toBeCloseTo(5.1, 6);
});
