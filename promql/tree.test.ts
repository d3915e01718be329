import { describe, expect, it } from 'vitest';
import { parsePromql } from './parse.js';
import { printLine } from './print.js';
import { treeOf } from './tree.js';

const tree = (query: string): object => treeOf(parsePromql(query));

describe('the tree of a query', () => {
  it('has the shape of Prometheus', () => {
    expect(tree('sum by (job) (rate(up{job="a"}[5m] offset 1m)) / 2')).toEqual({
      type: 'binaryExpr', op: '/', bool: false, matching: null,
      lhs: {
        type: 'aggregation', op: 'sum', param: null, grouping: ['job'], without: false,
        expr: {
          type: 'call', func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
          args: [{ type: 'matrixSelector', name: 'up', range: 300_000, offset: 60_000, timestamp: null, startOrEnd: null, anchored: false, smoothed: false, matchers: [{ type: '=', name: 'job', value: 'a' }, { type: '=', name: '__name__', value: 'up' }] }],
        },
      },
      rhs: { type: 'numberLiteral', val: '2' },
    });
    expect(tree('a * on (x) group_left (y) b')).toMatchObject({ matching: { card: 'many-to-one', on: true, labels: ['x'], include: ['y'] } });
    expect(tree('a and b')).toMatchObject({ matching: { card: 'many-to-many', on: false, labels: [] } });
    expect(tree('-max_over_time((a)[1h:1m] @ end())')).toMatchObject({ type: 'unaryExpr', op: '-', expr: { args: [{ type: 'subquery', range: 3_600_000, step: 60_000, startOrEnd: 'end', expr: { type: 'parenExpr', expr: { type: 'vectorSelector' } } }] } });
  });
  it('and its line keep what stands behind a selector', () => {
    expect(tree('a @ 5 smoothed offset 1m')).toMatchObject({ type: 'vectorSelector', smoothed: true, anchored: false, timestamp: 5000, offset: 60_000 });
    expect(printLine(parsePromql('a offset 1m smoothed @ 5'))).toBe('a @ 5.000 smoothed offset 1m');
    expect(printLine(parsePromql('rate(a[5m] offset 1m anchored)'))).toBe('rate(a[5m] anchored offset 1m)');
  });
  it.each([['1e10', '10000000000'], ['1.5e-9', '0.0000000015'], ['1.25e30', '1250000000000000000000000000000'], ['Inf', '+Inf'], ['-0.5', '0.5']])('writes %s without an exponent', (query, val) => {
    expect(JSON.stringify(tree(query))).toContain(`"${val}"`);
  });
});
