import { createServer, request, type Server } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ApiSource, ApiStatus } from '#core/api/status.js';
import { silentLogger } from '#core/log.js';
import { QueryError, type PromEngine, type PromSeries } from '#core/promql.js';
import type { ActiveAlert, AlertingRuleState, RuleGroupState, RuleState, RulesReader } from '#core/rules.js';
import { listening } from '#core/testing.js';
import { prometheusApi } from './api.js';

const NOW = 1_700_000_000_000;
const series = (name: string, over: Partial<PromSeries> = {}): PromSeries => ({ metric: { __name__: name }, times: Float64Array.of(NOW, NOW + 1500), values: Float64Array.of(1.5, Infinity), histograms: [], ...over });
const asked: unknown[] = [];
const note = <T>(what: unknown, answer: T): Promise<T> => {
  asked.push(what);
  return Promise.resolve(answer);
};
const QUERIES: Readonly<Record<string, () => Promise<never>>> = {
  bad: () => Promise.reject(new QueryError('bad_data', '1:4: parse error: unexpected end of input')),
  twice: () => Promise.reject(new QueryError('execution', 'vector cannot contain metrics with the same labelset')),
  slow: () => Promise.reject(new QueryError('timeout', 'query timed out in expression evaluation')),
  bug: () => Promise.reject(new Error('secret detail')),
};
const engine: PromEngine = {
  instant: (query, time, options) => QUERIES[query]?.() ?? note({ query, time, options }, { result: query === '1' ? { type: 'scalar', time, value: 1 } : { type: 'vector', series: [series('a'), series('b', { times: new Float64Array(0), values: new Float64Array(0), histograms: [{ time: NOW, histogram: { count: 3, sum: 4, buckets: [[0, 1, 2, 3]] } }] })] }, warnings: ['w'], infos: [] }),
  range: (query, window) => note({ query, window }, { result: { type: 'matrix', series: [series('a')] }, warnings: [], infos: ['i'] }),
  series: (scope) => note(scope, [{ a: '1' }, { a: '2' }]),
  labelNames: (scope) => note(scope, ['a', 'b']),
  labelValues: (name, scope) => note({ name, scope }, ['x']),
  metadata: () => Promise.resolve({ a: [{ type: 'counter', help: 'A.', unit: '' }] }),
  exemplars: () => Promise.resolve([{ seriesLabels: { __name__: 'a' }, exemplars: [{ labels: { trace_id: 't' }, value: 1, time: NOW + 5 }] }]),
  format: (query) => query.trim(),
  parse: (query) => ({ type: 'stringLiteral', val: query }),
  cardinality: (limit) => note({ limit }, { series: 2, labelPairs: 3, parts: 1, firstSampleAt: NOW, lastSampleAt: NOW + 1, seriesByMetric: [{ name: 'a', value: 2 }], valuesByLabel: [], bytesByLabel: [], seriesByPair: [] }),
  limits: { lookbackMs: 300_000, timeoutMs: 120_000, maxSamples: 10, maxConcurrency: 4 },
};

const alert: ActiveAlert = { labels: { alertname: 'Down', job: 'a' }, annotations: {}, state: 'firing', activeAt: NOW, keepFiringSince: null, value: 1.5 };
const common = { health: 'ok', lastError: '', evaluationMs: 2, lastEvaluationAt: NOW + 5 } as const;
const down: AlertingRuleState = { type: 'alerting', name: 'Down', query: 'up == 0', labels: { severity: 'page' }, forMs: 300_000, keepFiringForMs: 0, annotations: { summary: '{{ $value }}' }, alerts: [alert, { ...alert, state: 'pending' }], ...common };
const rate: RuleState = { type: 'recording', name: 'job:rate', query: 'rate(x[5m])', labels: {}, ...common, health: 'err', lastError: 'why' };
const group = (name: string, file: string): RuleGroupState => ({ name, file, intervalMs: 60_000, limit: 0, evaluationMs: 3, lastEvaluationAt: NOW + 5, rules: [down, rate] });
const rules: RulesReader = { groups: () => [group('one', 'b.yml'), group('two', 'a.yml'), group('one', 'a.yml')], faults: () => ['b.yml:3: why'], noteOf: () => '' };

const status = (): Promise<Pick<ApiStatus, 'startedAt'>> => Promise.resolve({ startedAt: NOW - 60_000 });
const sources = (): ApiSource[] => [{ service: 'cart', sdk: 'go', signals: [{ signal: 'traces', perSecond: 1, lastSeenAt: NOW - 1000, stopped: false, late: false }], problems: [], refused: null }, { service: 'gone', sdk: 'java', signals: [{ signal: 'logs', perSecond: 0, lastSeenAt: NOW - 900_000, stopped: false, late: false }], problems: ['why'], refused: null }];let isReady = true;
let server: Server;
let url = '';
beforeAll(async () => {
  server = createServer({ maxHeaderSize: 512 * 1024 }, express().use(prometheusApi({ engine, rules, clock: () => NOW, logger: silentLogger, version: '1.2.3', status, sources, ready: () => Promise.resolve(isReady) })));
  url = `${await listening(server)}/api/v1`;
});
afterAll(() => void server.close());

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: await response.json() };
}

describe('Prometheus API', () => {
  it('answers instant queries as Prometheus does', async () => {
    expect(await get('/query?query=up&time=2023-11-14T22:13:20Z&timeout=5s&lookback_delta=1m')).toEqual({
      status: 200,
      body: {
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: { __name__: 'a' }, value: [1_700_000_000, '1.5'] }, { metric: { __name__: 'b' }, histogram: [1_700_000_000, { count: '3', sum: '4', buckets: [[0, '1', '2', '3']] }] }] },
        warnings: ['w'],
      },
    });
    expect(asked.at(-1)).toEqual({ query: 'up', time: NOW, options: { timeoutMs: 5000, lookbackMs: 60_000, signal: expect.any(AbortSignal) } });
    for (const none of ['0', '-60', '0s']) {
      expect((await get(`/query?query=up&lookback_delta=${none}`)).status).toBe(200);
      expect(asked.at(-1)).toMatchObject({ options: { lookbackMs: undefined } });
    }
    expect((await get('/query?query=1')).body).toMatchObject({ data: { resultType: 'scalar', result: [1_700_000_000, '1'] } });
    expect((await get('/query?query=up&limit=1')).body).toMatchObject({ data: { result: [{}] }, warnings: ['w', 'results truncated due to limit'] });
  });
  it('reads an address to its end, whatever stands in it as it is', async () => {
    expect((await get('/query?query=count(up{job=~"a.?b"}+or+c?d)&time=1')).status).toBe(200);
    expect(asked.at(-1)).toMatchObject({ query: 'count(up{job=~"a.?b"} or c?d)', time: 1000 });
  });
  it('tells the engine that nobody waits for an answer any more', async () => {
    const leaving = new AbortController();
    let told: AbortSignal | undefined;
    const left = new Promise<void>((resolve) => {
      vi.spyOn(engine, 'instant').mockImplementationOnce((_query, _time, options) => {
        told = options?.signal;
        leaving.abort();
        return new Promise((_resolve, reject) => told?.addEventListener('abort', () => {
          resolve();
          reject(new QueryError('canceled', 'query was canceled in expression evaluation'));
        }));
      });
    });
    await expect(fetch(`${url}/query?query=up`, { signal: leaving.signal })).rejects.toThrow('aborted');
    await left;
    expect(told?.aborted).toBe(true);
  });
  it('takes range queries as forms', async () => {
    const response = await fetch(`${url}/query_range`, { method: 'POST', body: new URLSearchParams({ query: 'up', start: '1700000000', end: '1700000060.5', step: '15s' }) });
    expect(await response.json()).toEqual({ status: 'success', data: { resultType: 'matrix', result: [{ metric: { __name__: 'a' }, values: [[1_700_000_000, '1.5'], [1_700_000_001.5, '+Inf']] }] }, infos: ['i'] });
    expect(asked.at(-1)).toEqual({ query: 'up', window: { start: NOW, end: NOW + 60_500, stepMs: 15_000 } });
    await fetch(`${url}/series?match[]=a&start=1&end=9`, { method: 'POST', body: new URLSearchParams({ 'match[]': 'b', start: '2' }) });
    expect(asked.at(-1)).toMatchObject({ selectors: ['b', 'a'], from: 2000, to: 9000 });
  });
  it('takes as many selectors as there are, in a form and in an address', async () => {
    const many = new URLSearchParams(Array.from({ length: 1500 }, (_, index): [string, string] => ['match[]', `m${index}`]));
    expect((await fetch(`${url}/series`, { method: 'POST', body: many })).status).toBe(200);
    expect(asked.at(-1)).toMatchObject({ selectors: { length: 1500 } });
    expect((await get(`/labels?${Array.from({ length: 1500 }, () => 'match[]=a').join('&')}`)).status).toBe(200);
    expect(asked.at(-1)).toMatchObject({ selectors: { length: 1500 } });
  });
  it('takes no more than 10,000 selectors', async () => {
    const many = Array.from({ length: 10_001 }, () => 'match[]=a').join('&');
    const form = await fetch(`${url}/series`, { method: 'POST', body: many, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect([form.status, await form.json()]).toMatchObject([400, { status: 'error', errorType: 'bad_data' }]);
    const { status, body } = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request(`${url}/series?${many}`, { maxHeaderSize: 1 << 20 }, (response) => void response.toArray().then((parts) => resolve({ status: response.statusCode, body: parts.join('') }), reject)).on('error', reject).end();
    });
    expect([status, JSON.parse(body)]).toEqual([400, { status: 'error', errorType: 'bad_data', error: 'the address has more than 10000 parameters' }]);
  });
  it('says in its own words that a form cannot be read', async () => {
    const post = async (body: string, headers: Record<string, string>): Promise<unknown> => {
      const response = await fetch(`${url}/query`, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });
      return [response.status, await response.json()];
    };
    expect(await post(`query=${'x'.repeat(2_000_000)}`, {})).toEqual([413, { status: 'error', errorType: 'bad_data', error: 'the body is larger than 1048576 bytes, the most that is taken here' }]);
    expect(await post('query=up', { 'content-encoding': 'zstd' })).toMatchObject([415, { status: 'error', errorType: 'bad_data' }]);
  });
  it.each([
    ['/query?query=bad', 400, 'bad_data', 'invalid parameter "query": 1:4: parse error: unexpected end of input'],
    ['/query?query=twice', 422, 'execution', 'vector cannot contain metrics with the same labelset'],
    ['/query?query=slow', 503, 'timeout', 'query timed out in expression evaluation'],
    ['/query?query=bug', 500, 'internal', 'an unexpected failure; the log has it'],
    ['/query?query=up&time=noon', 400, 'bad_data', 'invalid parameter "time": cannot parse "noon" to a valid timestamp'],
    ['/query_range?query=up&start=2&end=1&step=1', 400, 'bad_data', 'invalid parameter "end": end timestamp must not be before start time'],
    ['/query_range?query=up&start=1&end=2&step=0', 400, 'bad_data', 'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer'],
    ['/query_range?query=up&start=0&end=11001&step=1', 400, 'bad_data', 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)'],
    ['/series', 400, 'bad_data', 'no match[] parameter provided'],
  ])('%s is refused with %d', async (path, status, errorType, error) => {
    expect(await get(path)).toEqual({ status, body: { status: 'error', errorType, error } });
  });
  it('shows rules and alerts as Prometheus does, and what is wrong with a file as a warning', async () => {
    const { body } = await get('/rules?file[]=a.yml&rule_group[]=one');
    expect(body).toEqual({
      status: 'success',
      warnings: ['b.yml:3: why'],
      data: {
        groups: [{
          name: 'one', file: 'a.yml', interval: 60, limit: 0, evaluationTime: 0.003, lastEvaluation: '2023-11-14T22:13:20.005Z',
          rules: [
            {
              state: 'firing', name: 'Down', query: 'up == 0', duration: 300, keepFiringFor: 0, labels: { severity: 'page' }, annotations: { summary: '{{ $value }}' }, health: 'ok', evaluationTime: 0.002, lastEvaluation: '2023-11-14T22:13:20.005Z', type: 'alerting',
              alerts: [{ labels: { alertname: 'Down', job: 'a' }, annotations: {}, state: 'firing', activeAt: '2023-11-14T22:13:20Z', value: '1.5e+00' }, { labels: { alertname: 'Down', job: 'a' }, annotations: {}, state: 'pending', activeAt: '2023-11-14T22:13:20Z', value: '1.5e+00' }],
            },
            { name: 'job:rate', query: 'rate(x[5m])', health: 'err', lastError: 'why', evaluationTime: 0.002, lastEvaluation: '2023-11-14T22:13:20.005Z', type: 'recording' },
          ],
        }],
      },
    });
    const data = async (path: string): Promise<any> => ((await get(path)).body as { data: unknown }).data;
    expect((await data('/rules')).groups.map(({ file, name }: RuleGroupState) => `${file} ${name}`)).toEqual(['a.yml one', 'a.yml two', 'b.yml one']);
    expect((await data('/rules?type=record&exclude_alerts=true')).groups[0].rules).toMatchObject([{ type: 'recording' }]);
    expect((await data('/rules?exclude_alerts=true')).groups[0].rules[0].alerts).toEqual([]);
    expect((await data('/rules?rule_name[]=Up')).groups).toEqual([]);
    expect((await data('/rules?match[]={severity=~"p.*"}&file[]=b.yml')).groups[0].rules).toMatchObject([{ name: 'Down' }]);
    expect((await data('/rules?match[]={constructor=~".+"}')).groups).toEqual([]);
    const first = await data('/rules?group_limit=2');
    expect(first.groups).toHaveLength(2);
    expect(await data(`/rules?group_limit=2&group_next_token=${first.groupNextToken}`)).toMatchObject({ groups: [{ file: 'b.yml' }] });
    expect((await data('/alerts')).alerts[0]).toEqual({ labels: { alertname: 'Down', job: 'a' }, annotations: {}, state: 'firing', activeAt: '2023-11-14T22:13:20Z', value: '1.5e+00' });
    expect((await get('/rules?type=__proto__')).status).toBe(400);
    expect(await get('/rules?type=page')).toEqual({ status: 400, body: { status: 'error', errorType: 'bad_data', error: 'invalid parameter "type": not supported value "page"' } });
  });
  it('lists series, labels, values, metadata and exemplars', async () => {
    expect((await get('/series?match[]=up&match[]=down&start=1&end=2&limit=1')).body).toEqual({ status: 'success', data: [{ a: '1' }], warnings: ['results truncated due to limit'] });
    expect(asked.at(-1)).toEqual({ selectors: ['up', 'down'], from: 1000, to: 2000, limit: 2, signal: expect.any(AbortSignal) });
    expect((await get('/labels')).body).toEqual({ status: 'success', data: ['a', 'b'] });
    expect((await get('/label/U__service_2e_name/values')).body).toEqual({ status: 'success', data: ['x'] });
    expect(asked.at(-1)).toMatchObject({ name: 'service.name' });
    expect((await get('/metadata')).body).toMatchObject({ data: { a: [{ type: 'counter' }] } });
    expect((await get('/query_exemplars?query=a')).body).toEqual({ status: 'success', data: [{ seriesLabels: { __name__: 'a' }, exemplars: [{ labels: { trace_id: 't' }, value: '1', timestamp: 1_700_000_000.005 }] }] });
    expect((await get('/status/buildinfo')).body).toMatchObject({ data: { application: 'Faultline', revision: '1.2.3' } });
  });
  it('leads links of alerts to the page that asks their query', async () => {
    const leads = async (search: string): Promise<string | null> => (await fetch(new URL(`/graph${search}`, url), { redirect: 'manual' })).headers.get('location');
    expect(await leads('?g0.expr=job%3Aorders_failed%3Aratio_rate5m+%3E+0.1&g0.tab=1')).toBe('/metrics/query?query=job%3Aorders_failed%3Aratio_rate5m+%3E+0.1');
    expect(await leads('')).toBe('/metrics/query');
  });
  it('says how it runs, what is in it and who sends to it', async () => {
    const data = async (path: string): Promise<any> => ((await get(path)).body as { data: unknown }).data;
    expect(await data('/status/tsdb?limit=3')).toEqual({ headStats: { numSeries: 2, numLabelPairs: 3, chunkCount: 1, minTime: NOW, maxTime: NOW + 1 }, seriesCountByMetricName: [{ name: 'a', value: 2 }], labelValueCountByLabelName: [], memoryInBytesByLabelName: [], seriesCountByLabelValuePair: [] });
    expect(asked.at(-1)).toEqual({ limit: 3 });
    expect(await get('/status/tsdb?limit=0')).toEqual({ status: 400, body: { status: 'error', errorType: 'bad_data', error: 'invalid parameter "limit": limit must be a positive number' } });
    expect(await data('/status/runtimeinfo')).toMatchObject({ startTime: '2023-11-14T22:12:20.000Z', reloadConfigSuccess: true, corruptionCount: 0 });
    expect(await data('/status/flags')).toMatchObject({ 'query.lookback-delta': '5m', 'query.timeout': '2m', 'query.max-samples': '10', 'web.enable-remote-write-receiver': 'true' });
    expect((await data('/status/config')).yaml).toContain('scrape_configs: []');
    expect((await data('/targets')).activeTargets).toMatchObject([{ labels: { job: 'cart' }, health: 'up', lastError: '' }, { labels: { job: 'gone' }, health: 'down', lastError: 'why' }]);
    expect(await data('/targets?state=dropped')).toEqual({ activeTargets: [], droppedTargets: [], droppedTargetCounts: {} });
    expect(await data('/alertmanagers')).toEqual({ activeAlertmanagers: [], droppedAlertmanagers: [] });
    expect(await data('/parse_query?query=up')).toEqual({ type: 'stringLiteral', val: 'up' });
    const probe = async (name: string): Promise<number> => (await fetch(new URL(`/-/${name}`, url))).status;
    expect([await probe('healthy'), await probe('ready')]).toEqual([200, 200]);
    isReady = false;
    expect([await probe('healthy'), await probe('ready')]).toEqual([200, 503]);
  });
});
