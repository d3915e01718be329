import { expect, it } from 'vitest';
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
])('$feature', async ({ script }) => {
  expect((await runScript(script, createMemorySubject())).failures).toEqual([]);
});
