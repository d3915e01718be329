import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore } from '#store/testing.js';
import { createMemorySubject } from './in-memory.js';
import { createHttpSubject, type HttpSubject } from './over-http.js';
import { runFiles } from './promql.js';
import { runScript } from './runner.js';

const SCRIPT = `
# Counters, gaps, stale samples and native histograms.
load 1m
  requests_total{path="/a"} 0+60x10
  requests_total{path="/b"} 0+120x5 0+120x4
  gauge{path="/a"}          1 _ stale 4
  sizes                     {{schema:0 sum:3 count:3 buckets:[1 2]}}x10
  restarted{in="a"}         {{schema:0 sum:2 count:2 buckets:[2]}} {{schema:0 sum:3 count:3 buckets:[3]}} {{schema:0 sum:4 count:4 buckets:[1 2 1]}}
  restarted{in="b"}         {{schema:0 sum:4 count:4 buckets:[4]}}x2

# b was reset at 6m; nothing is extrapolated below zero.
eval instant at 10m rate(requests_total[5m])
  {path="/a"} 1
  {path="/b"} 1.6

eval range from 0 to 3m step 1m gauge
  gauge{path="/a"} 1 1 _ 4

eval instant at 5m sum without (path) (requests_total) > bool on() group_left() vector(3)
  {} 1

eval instant at 1m histogram_count(sizes) + histogram_sum(sizes)
  {} 6

# Where only counts are asked for, what buckets tell of a reset is kept as a hint.
eval instant at 2m histogram_count(increase(restarted[2m1ms]))
  {in="a"} 5.0000416667
  {in="b"} 0

eval instant at 2m histogram_count(sum(restarted))
  expect warn msg: conflicting counter resets during histogram aggregation (1:21)
  {} 8

eval instant at 2m histogram_fraction(0, 1, sum(restarted))
  expect no_warn
  {} 0.625

eval instant at 1m requests_total * on() requests_total
  expect fail msg: found duplicate series for the match group {} on the right hand-side

eval instant at 1m quantile(2, gauge)
  expect warn regex: quantile value should be between 0 and 1, got 2 \\(1:10\\)
  {} Inf

clear

eval instant at 1m requests_total
`;

/** What a comparison with Prometheus' engine on random queries brought to light. */
const FOUND = `
load 1m
  g{job="a"}   1 -1 NaN 4
  g{job="b"}   1 5 2 4
  level        {{schema:0 sum:4 count:4 buckets:[4] counter_reset_hint:gauge}} {{schema:0 sum:2 count:2 buckets:[2] counter_reset_hint:gauge}} {{schema:0 sum:5 count:5 buckets:[5] counter_reset_hint:gauge}}
  odd{job="a"} {{schema:-53 sum:1 count:1 custom_values:[5] buckets:[1]}}x3

eval instant at 0 1 ^ g{job="a"} * NaN
  {job="a"} NaN

eval instant at 0 g{job="a"} ^ Inf
  {job="a"} 1

eval instant at 1m max_of(NaN, Inf) + min_of(-Inf, NaN)
  NaN

eval instant at 2m clamp_max(g{job="a"}, -Inf)
  {job="a"} -Inf

# A gauge where a counter is wanted is read as one.
eval instant at 2m resets(level[3m])
  {} 1

# end() is what was asked for, not the last step.
eval range from 0 to 150s step 1m vector(end())
  {} 150 150 150

eval range from 0 to 1m step 1m sort(level)
  expect warn

eval range from 0 to 1m step 1m sort(level @ 60)
  expect no_warn

eval instant at 3m quantile_over_time(2, none[1m])
  expect no_warn

eval range from 0 to 2m step 1m quantile(time() / 60, g)
  expect warn msg: got 2 (1:10)
  {} 1 5 Inf

# Samples that do not fit are no match: neither ambiguous nor in the way of a fill.
eval instant at 0 sum(odd + fill_left (10) g)
  expect info
  {} 22

eval instant at 0 count_values("v", -vector(0) or label_replace(vector(1e22), "a", "b", "", ""))
  {v="-0"} 1
  {v="10000000000000000000000"} 1

# The name goes at the steps whose value comes from the side without one.
eval range from 0 to 3m step 1m abs(g{job="a"} > 1) or g{job="a"}
  {job="a"} _ _ _ 4
  g{job="a"} 1 -1 NaN

# Two series that match one are refused, also where a comparison leaves one or none of them.
eval instant at 0 g >= on () vector(5)
  expect fail msg: many-to-one matching must be explicit

eval instant at 0 topk(-Inf, g)

eval instant at 3m increase((none))
  expect fail

eval instant at 3m topk(1, level)
  expect info msg: ignored histogram in topk aggregation (1:1)
`;

/** Everything in it is false. */
const WRONG = `
load 1m
  a 1 2
eval instant at 1m a
  a 3
eval instant at 1m a
eval instant at 1m a
  a 2
  b 2
eval instant at 1m a
  expect fail
eval instant at 1m a +
  a 2
eval instant at 1m a
  expect info
  a 2
`;

/** A folder of Prometheus' scripts (promql/promqltest/testdata of its repository). */
const TESTDATA = process.env['PROMQL_TESTDATA'];

let store: Awaited<ReturnType<typeof openTestStore>>;
let http: HttpSubject;
beforeAll(async () => {
  store = await openTestStore();
  http = await createHttpSubject(store);
});
afterAll(async () => {
  await http.close();
  await store.close();
});

describe('conformance runner', () => {
  it.each([['the engine alone', createMemorySubject], ['store and HTTP', () => http]])('passes what holds: %s', async (_name, subject) => {
    expect(await runScript(SCRIPT, subject())).toEqual({ passed: 10, failures: [] });
  });
  it('passes what random queries found', async () => {
    expect((await runScript(FOUND, createMemorySubject())).failures).toEqual([]);
  });
  it('fails what does not', async () => {
    const { passed, failures } = await runScript(WRONG, createMemorySubject());
    expect([passed, failures.map(({ line }) => line)]).toEqual([0, [4, 6, 7, 10, 12, 14]]);
  });
  it.skipIf(!TESTDATA)('passes every script of Prometheus over HTTP (set PROMQL_TESTDATA to its folder)', async () => {
    const reports = await runFiles(TESTDATA ?? '', http);
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.flatMap(({ file, failures }) => failures.map(({ line, message }) => `${file}:${line} ${message}`))).toEqual([]);
  }, 600_000);
});
