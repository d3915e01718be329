import { afterEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readOptions } from './options.js';

const schema = z.strictObject({ runs: z.coerce.number().int().min(1).default(5), only: z.string().optional(), set: z.array(z.string()).default([]), measure: z.boolean().default(false) });

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

it.each([
  { args: [], options: { runs: 5, set: [], measure: false } },
  { args: ['--runs', '2', '--only', 'up'], options: { runs: 2, only: 'up', set: [], measure: false } },
  { args: ['--set', 'a', '--measure', '--set', 'b'], options: { runs: 5, set: ['a', 'b'], measure: true } },
])('reads $args', ({ args, options }) => {
  expect(readOptions(schema, 'usage', args)).toEqual(options);
});

it('says what does not fit, and how it is called', () => {
  const said = vi.spyOn(console, 'error').mockReturnValue();
  expect(readOptions(schema, 'usage: bench', ['--runs', '0'])).toBeUndefined();
  expect(said.mock.calls).toEqual([[expect.stringMatching(/at runs\nusage: bench$/)]]);
  expect(process.exitCode).toBe(1);
});
