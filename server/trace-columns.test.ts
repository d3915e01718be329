import { expect, it } from 'vitest';
import type { ApiTraceSummary } from '#core/api/traces.js';
import { traceColumns } from './trace-columns.js';

const trace = (id: number, rootName: string, services: readonly string[]): ApiTraceSummary => ({ traceId: String(id).padStart(32, '0'), rootService: 'shop', rootName, startsAt: 1_795_977_987_800.25, durationMs: 12.345, spanCount: 9, errorCount: 1, services });

it('writes each name and each set of services once', () => {
  expect(traceColumns({ traces: [trace(1, 'GET /', ['shop', 'cart']), trace(2, 'shop', ['cart', 'shop']), trace(3, 'GET /', [])], matching: 7 })).toEqual({
    traceId: ['1', '2', '3'].map((id) => id.padStart(32, '0')), names: ['shop', 'GET /', 'cart'], sets: [[0, 2], []], rootService: [0, 0, 0], rootName: [1, 0, 1], services: [0, 0, 1],
    startsAt: [1_795_977_987_800, 1_795_977_987_800, 1_795_977_987_800], durationMs: [12.345, 12.345, 12.345], spanCount: [9, 9, 9], errorCount: [1, 1, 1], matching: 7,
  });
});
