import { expect, it } from 'vitest';
import { formatValue } from './format.js';

it.each([
  [0.38, 'errors', 'error_ratio', '1', '38 %'],
  [0.8, 'metric', 'process.cpu.utilization', '1', '80 %'],
  [7, 'metric', 'queue_length', '1', '7'],
  [1_234, 'latency', 'p95', 'ms', '1.23 s'],
  [66.81, 'latency', 'p95', 'ms', '66.8 ms'],
  [0.25, 'metric', 'db.wait', 's', '250 ms'],
  [160_432_128, 'metric', 'heap', 'By', '153 MiB'],
  [12_345.6, 'rate', 'requests', '1/s', '12,346/s'],
  [Number.NaN, 'metric', 'x', '', 'unknown'],
] as const)('%s of %s %s in %s reads %s', (value, kind, metric, unit, text) => {
  expect(formatValue(value, { kind, metric, unit })).toBe(text);
});
