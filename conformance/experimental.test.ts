import { expect, it } from 'vitest';
import { parsePromql } from '../promql/parse.js';
import { refuseExperimental } from '../promql/experimental.js';
import { createMemorySubject } from './in-memory.js';
import { runScript } from './runner.js';

it.each([
  {
    feature: 'info takes labels from the latest info series of the same job and instance',
    script: `
load 1m
  http_total{job="shop", instance="a"}                      0 1 2 3
  http_total{job="shop", instance="b", version="own"}       5 6 7 8
  http_total{job="till"}                                    9 9 9 9
  target_info{job="shop", instance="a", version="1"}        1 1 _ _
  target_info{job="shop", instance="a", version="2"}        _ _ 1 1
  target_info{job="shop", instance="b", version="3", os="x"} 1x3
  build_info{job="shop", instance="a", commit="c"}          1x3

eval range from 0 to 3m step 1m info(http_total)
  http_total{job="shop", instance="a", version="1"}           0 1 _ _
  http_total{job="shop", instance="a", version="2"}           _ _ 2 3
  http_total{job="shop", instance="b", version="own", os="x"} 5 6 7 8
  http_total{job="till"}                                      9 9 9 9

eval instant at 3m sum by (version) (info(http_total, {version=~"[0-9]"}))
  {version="2"}   3
  {version="own"} 8

eval instant at 3m info(http_total{instance="a"} offset 3m, {__name__=~"target_info|build_info", version!="", commit=~".*"})
  http_total{job="shop", instance="a", version="1"} 0

eval instant at 3m info(http_total{instance="a"}, {__name__!="target_info"})
  http_total{job="shop", instance="a", commit="c"} 3

eval instant at 3m info(http_total, build_info)
  expect fail msg: expected label selectors only
`,
  },
  {
    feature: 'anchored begins a range with the sample before it and extrapolates nothing',
    script: `
load 10s
  jobs_total 4 10 22 3 _ 9
  level      4 10 22 3 _ 9

eval instant at 45s increase(jobs_total[30s] anchored)
  {} 15

eval range from 0 to 60s step 20s rate(jobs_total[20s] anchored)
  {} 0 0.9 0.15 0.3

eval instant at 55s delta(level[20s] anchored)
  {} 6

eval instant at 35s changes(level[10s] anchored)
  {} 1

eval instant at 55s resets(level[26s] anchored)
  {} 1

eval instant at 45s resets(level[10s] anchored)

eval instant at 25s level[20s] anchored
  expect range vector from 5s to 25s step 5s
  level 4 10 _ 22 22

eval instant at 55s avg_over_time(level[20s] anchored)
  expect fail msg: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with avg_over_time

eval instant at 55s rate(level[20s:] anchored)
  expect fail msg: anchored modifier is not supported for subqueries

eval instant at 55s rate(level[20s] anchored smoothed)
  expect fail msg: anchored and smoothed modifiers cannot be used together
`,
  },
  {
    feature: 'smoothed reads values off the line between two samples, over a reset from zero',
    script: `
load 10s
  jobs_total 4 10 22 3 _ 9
  gauge      4 10 22 3 _ 9
  sizes      {{schema:0 sum:4 count:4 buckets:[4]}} {{schema:0 sum:8 count:8 buckets:[8]}} {{schema:0 sum:2 count:2 buckets:[2]}}

eval range from 5s to 55s step 10s gauge smoothed
  gauge 7 16 12.5 4.5 7.5 9

eval instant at 25s sum(gauge smoothed offset 10s)
  {} 16

eval instant at 35s increase(jobs_total[20s] smoothed)
  {} 10.5

eval instant at 25s increase(jobs_total[20s] smoothed)
  {} 16.5

eval instant at 15s histogram_count(increase(sizes[10s] smoothed))
  {} 3

eval instant at 15s sizes smoothed
  sizes {{schema:0 sum:1 count:1 buckets:[1]}}

eval instant at 15s sum_over_time((gauge smoothed)[10s:5s])
  {} 26
`,
  },
  {
    feature: 'a start time tells of a reset that the values hide, and where a counter was at nothing',
    script: `
load 1m
  jobs_total{of="none"}     10 20 30 40
  jobs_total{of="reset"}@st -1m -2m -30s -90s
  jobs_total{of="reset"}    10 20 30 40
  jobs_total{of="delta"}@st _ _ -1mx1
  jobs_total{of="delta"}    _ _ 5x1
  young_total@st            _ _ _ -20s
  young_total               _ _ _ 6
  sizes@st                  -1m -2m -30s -90s
  sizes                     {{schema:0 sum:1 count:1 buckets:[1]}}+{{sum:1 count:1 buckets:[1]}}x3
  wrong_total@st            _ -90s -100s
  wrong_total               1 2 3

eval instant at 3m increase(jobs_total[2m1ms])
  {of="none"}  20.000166667
  {of="reset"} 40.000333333
  {of="delta"} 10

eval instant at 3m irate(jobs_total[3m])
  {of="none"}  0.166666667
  {of="reset"} 0.166666667
  {of="delta"} 0.083333333

eval instant at 3m resets(jobs_total[4m])
  {of="none"}  0
  {of="reset"} 1
  {of="delta"} 1

eval instant at 3m increase(young_total[2m])
  {} 6

eval instant at 3m resets(sizes[4m])
  {} 1

eval instant at 3m histogram_count(increase(sizes[2m1ms]))
  {} 4.000033333

eval instant at 2m start_timestamp(jobs_total)
  {of="none"}  0
  {of="reset"} 90
  {of="delta"} 60

eval instant at 2m rate(wrong_total[2m])
  expect warn msg: sample has start time that overlaps with previous sample timestamp for metric "wrong_total" (1:6)
  {} 0.0166666667
`,
  },
])('$feature', async ({ script }) => {
  expect((await runScript(script, createMemorySubject())).failures).toEqual([]);
});

it.each(['info(a)', 'sum(limitk(1, a))', 'rate(a[1m] anchored)', '-a smoothed', 'a + fill(0) b', 'max_over_time(a[step() * 2])', 'a offset (1m + 5s)', 'a[5m:1m * 2]'])('%s is refused where nothing experimental is wanted', (query) => {
  expect(() => refuseExperimental(query, parsePromql(query))).toThrow(/experimental and not enabled: see promql.experimental/);
});
it.each(['sum by (job) (rate(a{b="c"}[1h30m] offset -5m)) / on() group_left b', 'max_over_time(a[300:1m] @ end())'])('%s is not', (query) => {
  expect(() => refuseExperimental(query, parsePromql(query))).not.toThrow();
});
