import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PASSING, PipelineError, type ErrorCode } from './errors.js';

const table = [...readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8').matchAll(/^\| ([A-Z_]+) \|[^|]*\| (yes|no|depends) \|/gm)].map(([, code = '', again = '']) => ({ code: code as ErrorCode, again }));

describe('a failure', () => {
  it('may be tried again as docs/errors.md says of its code', () => {
    expect([...PASSING].toSorted()).toEqual(table.flatMap(({ code, again }) => (again === 'yes' ? code : [])).toSorted());
    for (const { code, again } of table) expect(new PipelineError(code, '').retryable, code).toBe(again === 'yes');
  });

  it('knows better than its code where it says so, and keeps its cause', () => {
    const cause = new Error('ECONNRESET');
    expect(new PipelineError('MODEL_INVALID', 'a thread ended', { retryable: true, cause })).toMatchObject({ code: 'MODEL_INVALID', retryable: true, cause });
    expect(new PipelineError('DELIVERY_FAILED', 'not allowed', { retryable: false })).toMatchObject({ retryable: false, cause: undefined });
  });
});
