import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { classify } from './classify.js';
import { runIncidents, runRca } from './command.js';
import { csvLine, fieldsOf } from './csv.js';
import { templateOf } from './logs.js';
import { ownOf } from './shared.js';
import { measureSpans } from './spans.js';

const START = 1_700_000_000;
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'faultline-evaluate-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(id: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, id, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
}

/** An hour of minutes, and what `value` makes of each. */
function minutes(metric: string, value: (minute: number) => number, count = 60): string {
  return `timestamp,${metric}\n${Array.from({ length: count }, (_, at) => `${START + at * 60},${value(at)}\n`).join('')}`;
}

const read = (path: string): Record<string, [string, number][]> => JSON.parse(readFileSync(path, 'utf8')) as Record<string, [string, number][]>;

describe('faultline rca', () => {
  it('ranks metrics with a graph, spans alone, logs alone, and bare alerts', async () => {
    const jitter = (at: number): number => (at * 7) % 5;
    write('cases/shop/metrics', {
      'case.json': JSON.stringify({ window: { start: START + 50 * 60 }, alarm: { entity: 'web', metric: 'latency' } }),
      'graph.csv': 'caller,callee\nweb,cart\ncart,db/main\nweb,mail\n',
      'metrics/web.csv': minutes('latency_ms', (at) => 100 + jitter(at) + (at >= 50 ? 400 : 0)),
      'metrics/cart.csv': minutes('latency_ms', (at) => 50 + jitter(at) + (at >= 50 ? 390 : 0)),
      'metrics/db%2Fmain.csv': minutes('latency_ms', (at) => 20 + jitter(at) + (at >= 50 ? 380 : 0)),
      'metrics/mail.csv': minutes('latency_ms', (at) => 30 + jitter(at)),
    });
    const span = (at: number, entity: string, parent: string, ms: number, failed: number): string => csvLine([START + at * 30, `t${at}`, entity, parent, entity, 'GET /', ms, failed]);
    write('cases/shop/traces', {
      'case.json': JSON.stringify({ window: { start: START + 50 * 60 } }),
      'traces.csv': `timestamp,trace,span,parent,entity,operation,duration_ms,error\n${Array.from({ length: 120 }, (_, at) => span(at, 'web', '', at >= 100 ? 530 : 30 + (at % 3), at >= 100 ? 1 : 0) + span(at, 'cart', 'web', at >= 100 ? 510 : 10, at >= 100 ? 1 : 0)).join('')}`,
    });
    write('cases/shop/logs', {
      'case.json': JSON.stringify({ window: { start: START + 50 * 60 } }),
      'logs.csv': `timestamp,entity,severity,message\n${Array.from({ length: 60 }, (_, at) => csvLine([START + at * 60, 'mail', 'info', `sent ${at}`]) + csvLine([START + at * 60, 'cart', 'info', 'ok']) + (at >= 50 ? csvLine([START + at * 60, 'cart', 'error', `no route to "10.0.0.${at}"`]).repeat(5) : '')).join('')}`,
    });
    for (const id of ['1', '2', '3']) {
      write(`cases/alerts/${id}`, { 'case.json': JSON.stringify({ system: 'a', entities: ['web', 'cart', 'db'] }), 'alerts.csv': `timestamp,entity,name,kind,direction,caller\n0,web,requests,,up,\n${id === '3' ? '0,db,memory_usage,,up,\n' : ''}` });
    }
    for (const [id, callers] of [['1', ['web', 'shop']], ['2', ['web', 'shop']], ['3', ['web', 'shop', 'batch']], ['4', ['web']]] as const) {
      write(`cases/calls/${id}`, { 'case.json': JSON.stringify({ system: 'b', entities: ['web', 'shop', 'batch', 'db'] }), 'alerts.csv': `timestamp,entity,name,kind,direction,caller\n${callers.map((caller) => `0,db,select,errors,up,${caller}\n`).join('')}` });
    }
    const output = join(root, 'out', 'rca.json');
    await runRca({ input: join(root, 'cases'), output });
    const rankings = read(output);
    expect(Object.keys(rankings)).toEqual(['alerts/1', 'alerts/2', 'alerts/3', 'calls/1', 'calls/2', 'calls/3', 'calls/4', 'shop/logs', 'shop/metrics', 'shop/traces']);
    expect(rankings['shop/metrics']?.[0]?.[0]).toBe('db/main');
    expect(rankings['shop/metrics']?.at(-1)?.[0]).toBe('mail');
    expect(rankings['shop/traces']?.[0]?.[0]).toBe('cart');
    expect(rankings['shop/logs']?.[0]?.[0]).toBe('cart');
    expect(rankings['alerts/3']?.map(([name]) => name)).toEqual(['db', 'web', 'cart']);
    expect(rankings['calls/3']?.[0]?.[0]).toBe('batch');
  });

  it('names the file that is not as described', async () => {
    const output = join(root, 'out', 'none.json');
    await expect(runRca({ input: undefined, output })).rejects.toThrow('usage: faultline rca');
    await expect(runRca({ input: join(root, 'nowhere'), output })).rejects.toThrow('there is no folder');
    write('bad', { 'case.json': '{"answer":"web"}' });
    await expect(runRca({ input: join(root, 'bad'), output })).rejects.toThrow(/bad.case\.json: .*answer/s);
    write('bad', { 'case.json': '{}', 'metrics/web.csv': 'time,latency\n1,2\n' });
    await expect(runRca({ input: join(root, 'bad'), output })).rejects.toThrow('web.csv: the first column must be "timestamp"');
  });
});

describe('faultline incidents', () => {
  it('finds one incident where trouble begins, and says who', async () => {
    const noise = (at: number): number => 1 + 0.05 * Math.sin(at * 12.9898);
    write('line/day', {
      'case.json': '{}',
      'graph.csv': 'caller,callee\nweb,cart\n',
      'metrics/web.csv': minutes('server_latency_p95_ms', (at) => 100 * noise(at) + (at >= 90 && at < 97 ? 900 : 0), 120),
      'metrics/cart.csv': minutes('server_latency_p95_ms', (at) => 40 * noise(at + 1) + (at >= 90 && at < 97 ? 890 : 0), 120),
    });
    const output = join(root, 'out', 'incidents.json');
    await runIncidents({ input: join(root, 'line'), output }, loadConfig({ env: {}, file: undefined }));
    const found = JSON.parse(readFileSync(output, 'utf8')) as Record<string, { start: number; ranking: [string, number][] }[]>;
    expect(found['day']).toHaveLength(1);
    expect((found['day']?.[0]?.start ?? 0) - START - 90 * 60).toBeLessThanOrEqual(4 * 60);
    expect(found['day']?.[0]?.ranking[0]?.[0]).toBe('cart');
  });
});

describe('reading', () => {
  it('reads quoted fields and writes them back', () => {
    const row = ['a,b', 'say "no"', 'two\nlines', ''];
    expect(fieldsOf(csvLine(row) + csvLine(['x', 1]))).toEqual([row, ['x', '1']]);
  });
  it('takes a metric for what its name says', () => {
    const kind = (metric: string, largest = 1): string => classify('x', metric, largest).series.kind;
    expect(['Latency P99', 'lat_90', 'error_rate', 'availability', 'requests Sum', 'qps', 'cpu', 'ClientLatency(s)'].map((metric) => kind(metric))).toEqual(['latency', 'latency', 'errors', 'errors', 'rate', 'rate', 'metric', 'metric']);
    expect(classify('x', 'SuccessRate(%)', 100).of(97)).toBeCloseTo(0.03);
    expect(classify('x', 'server_latency_p95(s)', 1).of(0.25)).toBe(250);
  });
  it('tells whose own time and failure it was', () => {
    const span = (name: string, parent: string, durationMs: number, failed: boolean) => ({ at: START * 1000, trace: 't', span: name, parent, entity: name, operation: '', durationMs, failed });
    const { metrics, edges } = measureSpans([span('web', '', 100, true), span('cart', 'web', 90, true)]);
    const last = (entity: string, metric: string): number | undefined => metrics.find((one) => one.entity === entity && one.metric === metric)?.values.at(-1);
    expect([last('web', 'self_time_p95'), last('web', 'error_origin_ratio'), last('cart', 'self_time_p95'), last('cart', 'error_origin_ratio')]).toEqual([10, 0, 90, 1]);
    expect(edges).toEqual([{ caller: 'web', callee: 'cart' }]);
  });
  it('sees one template in messages that differ by numbers and ids', () => {
    expect(templateOf('user 42 failed in 1.5 s for "bob"')).toBe(templateOf('user 7 failed in 12 s for "eve"'));
  });
  it('leaves out what entities report alike of the host they share', () => {
    const busy = (entity: string, metric: string, factor: number) => ({ entity, metric, times: Array.from({ length: 20 }, (_, at) => at * 60_000), values: Array.from({ length: 20 }, (_, at) => factor * ((at * 13) % 7)) });
    expect(ownOf([busy('a', 'host_cpu', 1), busy('b', 'host_cpu', 1), busy('a', 'cpu', 1), busy('b', 'cpu', 3), busy('a', 'NodeCpu', 7), busy('a', 'Cpu', 5), busy('machine', 'node_cpu', 9), busy('a', 'latency', 1), busy('b', 'latency', 1)], 60_000).map(({ entity, metric }) => `${entity} ${metric}`)).toEqual(['a cpu', 'b cpu', 'a Cpu', 'machine node_cpu', 'a latency', 'b latency']);
  });
});
