import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCases, readCase } from '../evaluate/layout.js';
import { convert as nezha, convertTimelines } from './rca/nezha.js';
import { convert as petshop } from './rca/petshop.js';
import { convert as rcdSockshop } from './rca/rcd-sockshop.js';
import { partsOf } from './rca/score.js';
import { convert as tvdiag } from './rca/tvdiag.js';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'faultline-rca-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

describe('the converters read each layout as it is published, and carry no answer over', () => {
  it('one CSV before and one during the fault', () => {
    write({ 'rcd/front-cpu/1/normal.csv': 'time,front-end_cpu,user_cpu\n100,1,2\n101,1,2\n', 'rcd/front-cpu/1/anomalous.csv': 'time,user_cpu,front-end_cpu\n200,2,9\n' });
    rcdSockshop(join(root, 'rcd'), join(root, 'out/rcd'));
    const [id = ''] = listCases(join(root, 'out/rcd'));
    const one = readCase(join(root, 'out/rcd'), id);
    expect([id, one.window?.start]).toEqual(['front-cpu/1', 200_000]);
    expect(one.metrics.map(({ entity, metric, values }) => [entity, metric, values])).toEqual([['front-end', 'cpu', [1, 1, 9]], ['user', 'cpu', [2, 2, 2]]]);
  });

  it('three header rows, an adjacency matrix, and the alarm', () => {
    const table = (rows: string): string => `microservice,web,a::b\nmetric,latency,latency\nstatistic,Average,Average\nunix_timestamp,,\n${rows}`;
    write({
      'pet/truth.json': JSON.stringify({ 'low/test/issue_0': { truth: ['SECRET'], target: { node: 'web', metric: 'latency', agg: 'Average', timestamp: 1000 } } }),
      'pet/low/test/issue_0/metrics.csv': table('700.0,1,2\n1000.0,5,\n'), 'pet/low/noissue/metrics.csv': table('90000.0,1,2\n90300.0,1,3\n'),
      'pet/low/graph.csv': ',web,a::b\nweb,0,1\na::b,0,0\n',
    });
    petshop(join(root, 'pet'), join(root, 'out/pet'));
    const one = readCase(join(root, 'out/pet'), 'low/test/issue_0');
    expect(one).toMatchObject({ window: { start: 700_000, end: 1_000_000 }, baseline: { start: 90_000_000 }, alarm: { entity: 'web', metric: 'latency Average' }, edges: [{ caller: 'web', callee: 'a::b' }] });
    expect(one.metrics.find(({ entity }) => entity === 'a::b')?.values).toEqual([2, 2, 3]);
    expect(readFileSync(join(root, 'out/pet/low/test/issue_0/case.json'), 'utf8')).not.toContain('SECRET');
  });

  it('sets of alerts by case', () => {
    write({
      'tv/sys/nodes.json': '{"7":["web-0","db-0"]}', 'tv/sys/edges.json': '{"7":[[0,1]]}', 'tv/sys/metrics.json': '{"7":[["db-0","10.0.0.1","cpu","up"]]}',
      'tv/sys/traces.json': '{"7":[["web-0","db-0","GET","PD"],["-1","web-0","GET","500"]]}', 'tv/sys/logs.json': '{}', 'tv/truth.json': '{}',
    });
    tvdiag(join(root, 'tv'), join(root, 'out/tv'));
    const one = readCase(join(root, 'out/tv'), 'sys/7');
    expect(one).toMatchObject({ system: 'sys', entities: ['web-0', 'db-0'] });
    expect(one.alerts.map(({ entity, name, kind, caller }) => [entity, name, kind, caller])).toEqual([['db-0', 'cpu', '', ''], ['db-0', 'GET PD', 'latency', 'web-0'], ['web-0', 'GET 500', 'errors', '']]);
  });

  it('a day of pods, with the times of faults in the case names', () => {
    const folder = 'nez/rca_data/2022-08-22/metric';
    write({
      'nez/truth.json': JSON.stringify({ 'OB/2022-08-22/035354': { truth: ['SECRET'], group: 'OB/cpu' } }), 'nez/spans.json': '{"OB/2022-08-22":[1661140400,1661140500]}',
      [`${folder}/web-579b9bff58-t2dbm_metric.csv`]: 'Time,TimeStamp,PodName,CpuUsage(m)\nx,1661140279,web-579b9bff58-t2dbm,4\nx,1661140439,web-579b9bff58-t2dbm,9\n',
      [`${folder}/cart-579f59597d-wc2lz_metric.csv`]: 'Time,TimeStamp,PodName,CpuUsage(m)\nx,1661140279,cart-579f59597d-wc2lz,4\n',
      [`${folder}/dependency.csv`]: 'Source,Target,Weight\nweb,cart,1\nweb,33.33.33.1,1\n',
      [`${folder}/source_50.csv`]: 'time,timestamp,web_cart\nx,1661140280,0.5\n',
    });
    nezha(join(root, 'nez'), join(root, 'out/nez'));
    const one = readCase(join(root, 'out/nez'), 'OB/2022-08-22/035354');
    expect(one).toMatchObject({ window: { start: Date.parse('2022-08-22T03:53:54Z') }, edges: [{ caller: 'web', callee: 'cart' }], calls: [{ caller: 'web', callee: 'cart', ms: [500] }] });
    expect(one.metrics.map(({ entity, values }) => [entity, values])).toEqual([['cart', [4]], ['web', [4, 9]]]);
    convertTimelines(join(root, 'nez'), join(root, 'out/lines'));
    expect(readCase(join(root, 'out/lines'), 'OB/2022-08-22').metrics.find(({ entity }) => entity === 'web')?.values).toEqual([9]);
  });

  it('spans and records of a day, a file for each minute, where they are there', () => {
    const day = 'nezr/rca_data/2023-01-29';
    const fault = Date.parse('2023-01-29T08:53:54Z') / 1000;
    const nano = (seconds: number, ms = 0): string => String((BigInt(seconds) * 1000n + BigInt(ms)) * 1_000_000n);
    const quoted = (log: object): string => `"${JSON.stringify(log).replaceAll('"', '""')}"`;
    const spans = (...rows: string[]): string => ['TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration', ...rows, ''].join('\n');
    const records = (...rows: string[]): string => ['Timestamp,TimeUnixNano,Node,PodName,Container,TraceID,SpanID,Log', ...rows, ''].join('\n');
    const [order, web] = ['ts-order-service-7c6f84b7d6-cssss', 'frontend-579b9bff58-hfpmg'];
    write({
      'nezr/truth.json': JSON.stringify({ 'TT/2023-01-29/085354': { truth: ['SECRET'], group: 'TT/return' } }), 'nezr/spans.json': `{"TT/2023-01-29":[${fault - 9000},${fault + 9000}]}`,
      [`${day}/metric/${order}_metric.csv`]: `Time,TimeStamp,PodName,CpuUsage(m)\nx,${fault},${order},4\n`,
      [`${day}/trace/06_40_trace.csv`]: spans(`old,1,root,${web},GET,${nano(fault - 8000)},${nano(fault - 8000, 5)},5`),
      [`${day}/trace/08_53_trace.csv`]: spans(`t1,a,root,${web},GET /orders,${nano(fault)},${nano(fault, 12)},12`, `t1,b,a,${order},OrderController.query,${nano(fault, 2)},${nano(fault, 9)},7`),
      [`${day}/log/08_53_log.csv`]: records(
        `x,${nano(fault, 3)},n1,${order},c,t1,b,${quoted({ log: '2023-01-29 08:53:54.003 ERROR [ts-order-service] 1 --- o.OrderImpl : [query] order 17 is not there\n', stream: 'stdout' })}`,
        `x,${nano(fault, 4)},n1,${web},c,t1,a,${quoted({ log: `${JSON.stringify({ severity: 'info', message: 'TraceID: t1 served' })}\n`, stream: 'stdout' })}`,
        `x,${nano(fault, 5)},n1,${web},c,t1,a,plain`,
      ),
    });
    nezha(join(root, 'nezr'), join(root, 'out/nezr'));
    const one = readCase(join(root, 'out/nezr'), 'TT/2023-01-29/085354');
    expect(one.spans.map(({ at, entity, parent, operation, durationMs }) => [Math.round(at) - fault * 1000, entity, parent, operation, Math.round(durationMs)])).toEqual([[0, 'frontend', '', 'GET /orders', 12], [2, 'ts-order-service', 'a', 'OrderController.query', 7]]);
    expect(one.logs.map(({ at, entity, severity, message }) => [Math.round(at) - fault * 1000, entity, severity, message.slice(-18)])).toEqual([[3, 'ts-order-service', 'ERROR', 'order 17 is not there'.slice(-18)], [4, 'frontend', 'info', 'TraceID: t1 served'], [5, 'frontend', '', 'plain']]);
    convertTimelines(join(root, 'nezr'), join(root, 'out/nezr-lines'));
    expect(readCase(join(root, 'out/nezr-lines'), 'TT/2023-01-29').spans.map(({ trace }) => trace)).toEqual(['old', 't1', 't1']);
  });

  it('reports by the first word of the group', () => {
    expect([...partsOf({ a: { group: 'OB/cpu' }, b: { group: 'OB/net' }, c: { group: 'TT/cpu' } })]).toEqual([['OB', ['a', 'b']], ['TT', ['c']]]);
  });
});
