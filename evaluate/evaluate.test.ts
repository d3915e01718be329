import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isByMetrics } from '#core/served.js';
import { loadConfig } from '../config.js';
import { ARRIVAL_METRIC } from '../detector/words.js';
import { classify } from './classify.js';
import { runIncidents, runRca } from './command.js';
import { csvLine, fieldsOf } from './csv.js';
import { evidenceOf, toldBy } from './evidence.js';
import { templateOf } from './logs.js';
import { ownOf } from './shared.js';
import { piecesOf } from './pieces.js';
import { rankCases } from './rca.js';
import { silencesOf } from './silences.js';
import { edgesOfCalls, measureSpans } from './spans.js';

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
    write('bad', { 'metrics/web.csv': '\uFEFFtimestamp,latency\n1,2\n', 'metrics/100%.csv': 'timestamp,latency\n1,2\n' });
    await expect(runRca({ input: join(root, 'bad'), output })).rejects.toThrow('100%.csv: its name is no percent-encoded entity: write % as %25');
    await expect(runRca({ input: join(root, 'bad', 'case.json'), output })).rejects.toThrow('there is no folder');
    await expect(runRca({ input: join(root, 'cases'), output: root })).rejects.toThrow(`${root} cannot be written`);
  });
});

it('finds a service that answers without doing what it did, and not one whose calls a queue holds', () => {
  const rows: string[] = [];
  const rowsOf = (at: number, name: string, does: { readonly calls: boolean; readonly served: boolean }): void => {
    const row = (span: string, parent: string, entity: string, operation: string, ms: number): void => void rows.push(csvLine([START + at, `${name}${at}`, span, parent, entity, operation, ms + (at % 3), 0]));
    row('a', '', `${name}-web`, 'POST /orders', 50);
    row('b', 'a', `${name}-shop`, 'POST /orders', 40);
    if (!does.calls) return;
    row('c', 'b', `${name}-shop`, 'send orders', 3);
    if (does.served) row('d', 'c', `${name}-depot`, 'process orders', 10);
  };
  for (let at = 0; at < 660; at += 1) rowsOf(at, 'early', { calls: at < 600, served: true });
  for (let at = 0; at < 660; at += 1) rowsOf(at, 'held', { calls: true, served: at < 600 });
  for (const name of ['early', 'held']) {
    write(`returns/${name}`, { 'case.json': JSON.stringify({ window: { start: START + 600, end: START + 660 } }), 'traces.csv': `timestamp,trace,span,parent,entity,operation,duration_ms,error\n${rows.filter((row) => row.includes(`,${name}`)).join('')}` });
  }
  const rankings = rankCases(join(root, 'returns'));
  expect([rankings['early']?.[0]?.[0], rankings['held']?.[0]?.[0]]).toEqual(['early-shop', 'held-depot']);
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
  it('finds it in spans and logs alone', async () => {
    const rows: string[] = [];
    const records: string[] = [];
    for (let at = 0; at < 900; at += 1) {
      const failed = at >= 600 && at < 700 && at % 2 === 0;
      for (const part of [0, 0.3, 0.6]) {
        const trace = `${at}-${part}`;
        rows.push(csvLine([START + at + part, trace, 'a', '', 'web', 'GET /cart', 20 + (at % 5), failed ? 1 : 0]), csvLine([START + at + part, trace, 'b', 'a', 'cart', 'GET /', 5 + (at % 3), failed ? 1 : 0]));
        if (failed) records.push(csvLine([START + at + part, 'cart', 'ERROR', `no item ${at}`]));
      }
    }
    write('spans/day', {
      'case.json': '{}',
      'traces.csv': `timestamp,trace,span,parent,entity,operation,duration_ms,error\n${rows.join('')}`,
      'logs.csv': `timestamp,entity,severity,message\n${records.join('')}`,
    });
    const output = join(root, 'out', 'spans.json');
    await runIncidents({ input: join(root, 'spans'), output }, loadConfig({ env: {}, file: undefined }));
    const { day = [] } = JSON.parse(readFileSync(output, 'utf8')) as Record<string, { start: number; ranking: [string, number][] }[]>;
    expect(day.map(({ ranking }) => ranking[0]?.[0])).toEqual(['cart']);
    expect((day[0]?.start ?? 0) - START - 600).toBeLessThanOrEqual(60);
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
  it('takes what metrics say of requests as the product does, which knows of no spans beside them', () => {
    const told = ['http_server_error_ratio', 'process_cpu_utilization'].map((metric) => toldBy({ entity: 'web', metric, times: [0], values: [0.1] }).series);
    expect(told.map((series) => [series.kind, isByMetrics(series)])).toEqual([['errors', true], ['metric', true]]);
  });
  it('counts as requests what came from others, and says how calls go', () => {
    const span = (at: number, name: string, entity: string, parent: string, durationMs: number, failed: boolean) => ({ at, trace: String(at), span: name, parent, entity, operation: 'GET /', durationMs, failed });
    const one = (at: number, ms: number, failed: boolean) => [span(at, 'a', 'web', '', 100, failed), span(at, 'b', 'web', 'a', 1.5 * ms, failed), span(at, 'c', 'cart', 'b', ms, false)];
    const rows = Array.from({ length: 40 }, (_, at) => one(at * 1000 + (at < 20 ? 0 : 60_000), at < 20 ? 10 : 90, at >= 20)).flat();
    const pieces = piecesOf(rows, 10_000, 0);
    // Nothing was recorded between 20 and 80 s, which is not the same as that nothing happened.
    expect(pieces.starts).toEqual([0, 10_000, 80_000, 90_000]);
    const { told, calls } = measureSpans(rows, pieces);
    const of = (service: string, metric: string): readonly number[] | undefined => told.find(({ series }) => series.service === service && series.metric === metric && series.operation === 'GET /')?.values;
    expect([of('web', 'requests'), of('web', 'error_ratio'), of('cart', 'p95')]).toEqual([[1, 1, 1, 1], [0, 0, 1, 1], [10, 10, 90, 90]]);
    // Who called was turned away, which is no failure of cart.
    expect(edgesOfCalls(calls, pieces, (at) => at >= 80_000, (at) => at < 80_000)).toEqual([{ client: 'web', server: 'cart', errorRise: 1, slowdown: 9, isKnown: true, times: 1 }]);
  });
  it('misses whose metrics all stop within the window, as live, and nobody who was away before or tells seldom', () => {
    const times = (from: number, to: number, every = 15_000) => Array.from({ length: Math.ceil((to - from) / every) }, (_, at) => from + at * every);
    const of = (entity: string, metric: string, when: number[]) => ({ entity, metric, times: when, values: when.map(() => 1) });
    const metrics = [of('node-1', 'cpu', times(0, 900_000)), of('node-2', 'cpu', times(0, 610_000)), of('node-2', 'memory', times(0, 600_000)), of('node-3', 'cpu', times(0, 300_000)), of('node-4', 'cpu', times(0, 605_000)), of('node-4', 'memory', times(0, 900_000)), of('job', 'cpu', times(0, 601_000, 120_000))];
    const silent = (end: number) => silencesOf(metrics, { start: 600_000, end }, 15_000).map(({ series: { service, metric }, startsAt, direction }) => [service, metric, startsAt, direction]);
    expect(silent(900_000)).toEqual([['node-2', ARRIVAL_METRIC, 615_000, 'absent']]);
    expect(silent(630_000)).toEqual([]);
  });
  it('takes no call for a request of its caller where the request that it belongs to never ended', () => {
    const span = (trace: number, name: string, entity: string, parent: string, operation: string) => ({ at: trace * 1000, trace: String(trace), span: name, parent, entity, operation, durationMs: 10, failed: false });
    const ended = [span(0, 'a', 'web', '', 'GET /'), span(0, 'b', 'web', 'a', 'call cart'), span(0, 'c', 'cart', 'b', 'GET /')];
    const lost = [span(1, 'b', 'web', 'a', 'call cart'), span(1, 'c', 'cart', 'b', 'GET /'), span(2, 'c', 'cart', 'b', 'GET /')];
    const operations = (...rows: readonly ReturnType<typeof span>[]): string[] => measureSpans(rows, piecesOf(rows, 10_000, 0)).told.flatMap(({ series: { kind, service, operation }, values }) => (kind === 'rate' ? `${service} ${operation} ${(values[0] ?? 0) * 10}` : []));
    expect(operations(...ended, ...lost)).toEqual(['web  1', 'web GET / 1', 'cart  3', 'cart GET / 3']);
    // What begins by itself too may do so there.
    expect(operations(...ended, ...lost, span(3, 'a', 'web', '', 'call cart'))).toContain('web call cart 2');
  });
  it('takes a failed request or two in the whole window for none', () => {
    const spans = (failed: number) => Array.from({ length: 600 }, (_, at) => ({ at: at * 2_000, trace: String(at), span: 'a', parent: '', entity: 'web', operation: '', durationMs: 10, failed: at >= 500 && at % 30 === 0 && at < 510 + failed * 30 }));
    const moved = (failed: number) => evidenceOf({ id: '', window: { start: 960_000, end: 1_200_000 }, baseline: undefined, alarm: undefined, system: '', entities: undefined, metrics: [], edges: [], calls: [], alerts: [], spans: spans(failed), logs: [] }).anomalies.map(({ series }) => series.kind);
    expect([moved(2), moved(3)]).toEqual([[], ['errors']]);
  });
  it('sees one template in messages that differ by numbers and ids', () => {
    expect(templateOf('user 42 failed in 1.5 s for "bob"')).toBe(templateOf('user 7 failed in 12 s for "eve"'));
  });
  it('leaves out what entities report alike of the host they share', () => {
    const busy = (entity: string, metric: string, factor: number) => ({ entity, metric, times: Array.from({ length: 20 }, (_, at) => at * 60_000), values: Array.from({ length: 20 }, (_, at) => factor * ((at * 13) % 7)) });
    expect(ownOf([busy('a', 'host_cpu', 1), busy('b', 'host_cpu', 1), busy('a', 'cpu', 1), busy('b', 'cpu', 3), busy('a', 'NodeCpu', 7), busy('a', 'Cpu', 5), busy('machine', 'node_cpu', 9), busy('a', 'latency', 1), busy('b', 'latency', 1)], 60_000).map(({ entity, metric }) => `${entity} ${metric}`)).toEqual(['a cpu', 'b cpu', 'a Cpu', 'machine node_cpu', 'a latency', 'b latency']);
  });
});
