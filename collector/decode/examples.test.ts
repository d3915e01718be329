import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNative } from '../testing/native-reader.js';
import { createDecoder, DEFAULT_LIMITS, type Signal } from './decoder.js';

/** Folder of opentelemetry-proto's `examples/`: `OTLP_EXAMPLES=…/opentelemetry-proto/examples npx vitest run examples`. */
const folder = process.env['OTLP_EXAMPLES'] ?? '';
/** The examples are of December 2018. */
const THEN = Date.UTC(2018, 11, 13, 14, 51, 30);
const SIGNALS: Readonly<Record<string, Signal>> = { 'trace.json': 'traces', 'metrics.json': 'metrics', 'logs.json': 'logs', 'events.json': 'logs' };

describe.skipIf(folder === '')(`the protocol's own example payloads${folder === '' ? ' (set OTLP_EXAMPLES to their folder)' : ''}`, () => {
  const files = folder === '' ? ['none'] : readdirSync(folder).filter((name) => SIGNALS[name]);
  it.each(files)('%s is accepted whole', (name) => {
    const decoder = createDecoder({ limits: DEFAULT_LIMITS, clock: () => THEN });
    const decoded = decoder.decode(SIGNALS[name] ?? 'traces', 'json', readFileSync(join(folder, name)));
    expect(decoded).toMatchObject({ rejected: 0, message: '' });
    expect(decoded.accepted).toBeGreaterThan(0);
    const tables = Object.fromEntries(decoded.blocks.map((block) => [block.table, readNative(block)]));
    for (const row of [...(tables['otel_traces'] ?? []), ...(tables['otel_logs'] ?? [])]) expect(row).toMatchObject({ ServiceName: 'my.service', ScopeName: 'my.library', ScopeVersion: '1.0.0' });
    if (name === 'metrics.json') expect(new Set(tables['metric_series']?.map((row) => row['metric']))).toEqual(new Set(['my.counter', 'my.gauge', 'my.histogram', 'my.exponential.histogram']));
  });
});
