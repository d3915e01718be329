import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiLogPatterns, ApiLogs } from '#core/api/logs.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { ServerContext } from '../context.js';
import { logRoutes } from './logs.js';

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
let store: Store;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const iso = (before: number): string => new Date(NOW - before).toISOString();
const ask = (which: 0 | 1, search: Readonly<Record<string, string>>): Promise<unknown> => {
  const route = logRoutes({ store, clock: () => NOW } as ServerContext)[which];
  return route?.handle({ query: route.query?.parse(search) ?? {}, params: {}, body: {} }) ?? Promise.reject(new Error('no route'));
};

it('counts records over the time that is asked for, and no longer', async () => {
  await store.insert('otel_logs', [64_900, 30_000, 10, 1].map((before) => ({ Timestamp: iso(before), ServiceName: 'timed', SeverityNumber: 9, Body: 'x' })));
  const counted = async (from: number, to = NOW): Promise<[number, number, number]> => {
    const { histogram } = (await ask(0, { service: 'timed', from: `${from}`, to: `${to}` })) as ApiLogs;
    const { times, counts } = histogram;
    return [times.length, (times.at(-1) ?? 0) + (times[1] ?? 0) - (times[0] ?? 0) - NOW, counts['info']?.reduce((sum, count) => sum + count, 0) ?? 0];
  };
  expect([await counted(NOW - 65_000), await counted(NOW - 60_000), await counted(NOW - 1_000), await counted(NOW - 900_000)]).toEqual([[33, 1_000, 4], [60, 0, 3], [2, 1_000, 2], [60, 0, 4]]);
  // What begins within a second ends in the last bucket.
  expect((await counted(NOW - 60_500, NOW + 500))[2]).toBe(3);
});

it('shows patterns that are new though they are rare', async () => {
  const patterns = [...Array.from({ length: 300 }, (_, at) => ({ id: String(at + 1), first: 86_400_000, records: 2 })), { id: '900', first: 60_000, records: 1 }, { id: '901', first: 86_400_000, records: 1 }];
  await store.insert('log_patterns', patterns.map(({ id, first }) => ({ id, service: 'crowd', template: `pattern ${id}`, first_seen: iso(first), updated_at: iso(0) })));
  await store.insert('otel_logs', patterns.flatMap(({ id, records }) => Array.from({ length: records }, () => ({ Timestamp: iso(30_000), ServiceName: 'crowd', SeverityNumber: 9, Body: id, PatternId: id }))));
  const { patterns: shown, matching } = (await ask(1, { service: 'crowd' })) as ApiLogPatterns;
  expect([shown.length, shown.at(-1)?.template, shown.some(({ id }) => id === '901'), matching]).toEqual([201, 'pattern 900', false, 302]);
});

it('finds words in any case, of all scripts', async () => {
  await store.insert('otel_logs', [{ Body: 'ÜBERWEISUNG Nr. 7' }, { LogAttributes: { step: 'Überweisung' } }, { Body: 'uberweisung' }].map((log) => ({ Timestamp: iso(1_000), ServiceName: 'bank', SeverityNumber: 9, ...log })));
  const found = async (q: string): Promise<number> => ((await ask(0, { service: 'bank', q })) as ApiLogs).logs.length;
  expect([await found('überweisung'), await found('ÜBER'), await found('NR. 7'), await found('Uber')]).toEqual([2, 2, 1, 1]);
});

it('finds records by an attribute of their resource, but not all of a service by its name', async () => {
  await store.insert('otel_logs', ['till-7f9c-x2', 'till-7f9c-x3'].map((pod) => ({ Timestamp: iso(30_000), ServiceName: 'till', SeverityNumber: 9, Body: 'drawer open', ResourceAttributes: { 'service.name': 'till', 'k8s.pod.name': pod, 'container.id': 'add404x2', 'process.command_args': '--port 8080' } })));
  await store.insert('otel_logs', [{ Timestamp: iso(30_000), ServiceName: 'shop', SeverityNumber: 9, Body: 'asked the TILL' }]);
  const found = async (q: string): Promise<string[]> => ((await ask(0, { q })) as ApiLogs).logs.map(({ body }) => body);
  expect([await found('c-x2'), await found('till-7F9C'), await found('till'), await found('8080'), await found('404')]).toEqual([['drawer open'], ['drawer open', 'drawer open'], ['asked the TILL'], [], []]);
});

it('finds all of several words, phrases, attributes, and what has none of them', async () => {
  await store.insert('otel_logs', [
    { Body: 'boom in row 25', LogAttributes: { 'order.id': '7' } }, { Body: 'row 2: \u001b[31mbo\u001b[0mom', ResourceAttributes: { zone: 'two b' } }, { Body: 'quiet order.id=7 --port "level":"error"' }, { Body: 'row 25' },
  ].map((log, at) => ({ Timestamp: iso(1_000 + at), ServiceName: 'words', SeverityNumber: 9, ...log })));
  const found = async (q: string): Promise<string> => ((await ask(0, { service: 'words', q })) as ApiLogs).logs.map(({ timeUnixNano }) => NOW - Math.round(Number(timeUnixNano) / 1e6) - 1_000).join('');
  const answers: Record<string, string> = {
    'row boom': '01', 'boom AND 25': '0', '"boom row"': '', '"in row"': '0', 'row -boom': '3', '-row': '2', '-"in row" -quiet': '13', AND: '',
    'order.id=7': '02', 'order.id!=7': '123', 'order.id=7 boom': '0', 'zone="two b"': '1', 'zone!="two b" row': '03', 'zone=""': '', 'zone!="" row': '013', 'row -"': '013', '--port': '2', '"level":"error"': '2',
  };
  for (const [q, expected] of Object.entries(answers)) expect([q, await found(q)]).toEqual([q, expected]);
  // Somebody types: what is between quotes is not over yet.
  expect([await found('-boom "in row'), await found('boom "')]).toEqual([await found('-boom "in row"'), await found('boom')]);
  for (const q of ['boom OR quiet', 'NOT boom', 'x '.repeat(21)]) await expect(found(q)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  expect(((await ask(1, { service: 'words', q: 'boom -25' })) as ApiLogPatterns).patterns.map(({ records }) => records)).toEqual([1]);
});

it('tells the newest record of a pattern, and begins a list at the time of one', async () => {
  await store.insert('otel_logs', Array.from({ length: 9 }, (_, at) => ({ Timestamp: iso(20_000 + at), ServiceName: 'linked', SeverityNumber: 9, Body: `said ${at}`, SpanId: `span ${at}`, PatternId: at < 4 ? 77 : 78 })));
  const { patterns } = (await ask(1, { service: 'linked', pattern: '78' })) as ApiLogPatterns;
  expect(patterns).toMatchObject([{ example: 'said 4', spanId: 'span 4', timeUnixNano: `${NOW - 20_004}000000` }]);
  const { logs } = (await ask(0, { service: 'linked', limit: '2', before: `${patterns[0]?.timeUnixNano}-18446744073709551615-0` })) as ApiLogs;
  expect(logs.map(({ body }) => body)).toEqual(['said 4', 'said 5']);
});

it('turns pages of records that lie in one nanosecond and are alike, and loses and doubles none', async () => {
  const bodies = Array.from({ length: 23 }, (_, at) => (at < 15 ? 'alike' : `own ${at}`));
  await store.insert('otel_logs', bodies.map((Body, at) => ({ Timestamp: iso(at % 2 && at >= 15 ? 40_000 : 30_000), ServiceName: 'dense', SeverityNumber: 9, Body })));
  for (const limit of [1, 4, 23, 50]) {
    const seen: string[] = [];
    for (let older: string | null | undefined; older !== null && seen.length < 50; ) {
      const page = (await ask(0, { service: 'dense', limit: `${limit}`, ...(older && { before: older }) })) as ApiLogs;
      seen.push(...page.logs.map(({ body }) => body));
      expect(page.histogram.counts['info']?.reduce((sum, count) => sum + count)).toBe(23);
      older = page.older;
    }
    expect(seen.toSorted()).toEqual(bodies.toSorted());
  }
});

it('takes a range by the millisecond', async () => {
  await store.insert('otel_logs', [900, 500, 100].map((before) => ({ Timestamp: iso(10_000 + before), ServiceName: 'fine', SeverityNumber: 9, Body: `${before}` })));
  expect(((await ask(0, { service: 'fine', from: `${NOW - 10_600}`, to: `${NOW - 10_100}` })) as ApiLogs).logs.map(({ body }) => body)).toEqual(['500']);
});
