import { expect, it } from 'vitest';
import { parsePromql } from './parse.js';
import { printExpr, printLine } from './print.js';

/** The tree without the places in the text, the kind of quotes and the plus of an infinity. */
const shapeOf = (query: string): string => JSON.stringify(parsePromql(query), (key, value: any) => (key === 'start' || key === 'end' || (key === 'text' && /^["'`]/.test(value)) ? undefined : typeof value === 'number' ? String(value) : value?.op === '+' && value.expr?.value === Infinity ? value.expr : value));

const MATCHINGS = ['', 'ignoring ()', 'on ()', 'on (x)', 'ignoring (x, "y z")'];
const GROUPS = ['', 'group_left', 'group_left ()', 'group_right (y)'];
const FILLS = ['', 'fill (0)', 'fill_left (-1.5)', 'fill_right (Inf)', 'fill_left (-Inf) fill_right (NaN)', 'fill (1e30)'];
const binaries = MATCHINGS.flatMap((matching) => GROUPS.flatMap((group) => (matching === '' && group !== '' ? [] : FILLS.flatMap((fill) => ['a /', 'a < bool', 'a ^'].map((begin) => `${begin} ${matching} ${group} ${fill} b`)))));
const LONG = 'a_long_name_of_a_metric{with="labels"}';

it.each([
  ...binaries, 'a and b', 'a or on () b', 'a unless ignoring () b', '-Inf', '+Inf', 'Inf', '-+Inf', '- - 1', '-2 ^ -Inf', '1 - -1', '-(a)', '1e300 < bool NaN', '"a\\n\\u2028\\\\"', "'\\x41'", '`raw\\`',
  '{__name__="a"}', '{"a b", c!~"d"}', 'a{"b c"=~"d|\\"e"}', 'a[5m] offset -5m', 'a @ -5.1234', 'a @ start() offset 1h30m', '(a + b)[1h:] @ end()', 'rate(a[5m] smoothed)', 'rate(a[5m] anchored offset 1m @ 3)',
  'sum without (x) (a)', 'count_values by ("y z") ("v", a)', 'topk(3, a)', 'sum by () (a)', 'time()', 'info(a, {b="c"})', 'histogram_quantile(0.9, sum by (le) (rate(a[5m])))',
  `max by (x) (${LONG} / ignoring () group_left () (${LONG} * -${LONG})) > on () group_right () quantile by (x) (Inf, max_over_time((${LONG} offset 1h)[5m:1m] @ 7) > bool 1)`,
])('what is printed of %s is the same query', (query) => {
  for (const print of [printLine, printExpr]) expect(shapeOf(print(parsePromql(query)))).toEqual(shapeOf(query));
});

it.each([['a < ignoring() group_left() b', 'a < ignoring () group_left () b'], ['-Inf', '-Inf'], ['a + fill (Inf) b', 'a + fill (+Inf) b'], ['a / ignoring() b', 'a / b']])('prints %s as Prometheus does', (query, line) => expect(printLine(parsePromql(query))).toBe(line));
