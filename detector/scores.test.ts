import { expect, test } from 'vitest';
import { keptBands } from './scores.js';

test('bands are kept to a thousandth of their width, in order, and what has no width exactly', () => {
  const lower = Float64Array.of(9.87654321, 1_795_910_873.5, 5, -Infinity, Number.NaN, 1e300);
  const upper = Float64Array.of(10.123456789, 1_795_910_874.7, 5, Infinity, 1, 2e300);
  const expected = Float64Array.of(10.01234567, 1_795_910_874.1, 5.000000001, 0.1, 0.1, 1.5e300);
  const { lower: low, expected: middle, upper: high } = keptBands({ rows: expected.length, expected, lower, upper });
  for (const row of [0, 1, 5]) {
    const finest = ((upper[row] ?? 0) - (lower[row] ?? 0)) / 1024;
    for (const [kept, exact] of [[low, lower], [middle, expected], [high, upper]] as const) expect(Math.abs((kept[row] ?? 0) - (exact[row] ?? 0))).toBeLessThanOrEqual(finest / 2);
    expect((low[row] ?? 0) <= (middle[row] ?? 0) && (middle[row] ?? 0) <= (high[row] ?? 0)).toBe(true);
  }
  for (const row of [2, 3, 4]) expect([low[row], middle[row], high[row]]).toEqual([lower[row], expected[row], upper[row]]);
});
