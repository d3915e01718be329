import { describe, expect, it } from 'vitest';
import { parsePromql } from './parse.js';
import { printLine } from './print.js';
import { compileRegex } from './regex.js';
import { runQuery } from './run.js';
import { treeOf } from './tree.js';

const row = (operand: string, op: string, times: number): string => Array<string>(times).fill(operand).join(` ${op} `);
const inside = (before: string, times: number, middle: string, after: string): string => before.repeat(times) + middle + after.repeat(times);

describe('long queries', () => {
  it.each([
    ['or', row('a', 'or', 790)], ['matching', row('rate(a{b="c"}[5m])', 'or on (x)', 790)], ['sums', row('1', '+', 790)], ['powers', row('1', '^', 790)], ['mixed', row('a * 2', '+', 395)],
    ['signs', `${'-'.repeat(790)}1`], ['parentheses', inside('(', 790, '1', ')')], ['calls', inside('abs(', 790, 'a', ')')], ['aggregations', inside('sum by (x) (', 790, 'a', ')')], ['subqueries', inside('max_over_time((', 260, 'a', ')[1m:1m])')],
    ['rows in parentheses', row(`(${row('a', 'or', 700)})`, 'or', 30)],
  ])('are understood, evaluated and printed: %s', async (_name, query) => {
    const expr = parsePromql(query);
    expect(printLine(parsePromql(printLine(expr)))).toBe(printLine(expr));
    expect(JSON.stringify(treeOf(expr)).length).toBeGreaterThan(query.length);
    const options = { source: { select: () => Promise.resolve([]) }, limits: { maxSeries: 10, maxSamples: 1e6 }, timeoutMs: 60_000, lookbackMs: 300_000, subqueryStepMs: 60_000, experimental: true };
    await expect(runQuery(query, { start: 1e12, step: 60_000, steps: 3 }, false, options)).resolves.toMatchObject({ result: { type: 'matrix' } });
  });
  it.each([
    ['or', row('a', 'or', 25_000)], ['sums', row('1', '+', 30_000)], ['powers', row('1', '^', 2_000)], ['signs', '-'.repeat(100_000)], ['parentheses', inside('(', 60_000, '1', ')')], ['calls', inside('abs(', 2_000, 'a', ')')],
  ])('are refused by name when they are deeper than that: %s', (_name, query) => {
    expect(() => parsePromql(query)).toThrow(expect.objectContaining({ type: 'bad_data', message: expect.stringContaining('at most 800 operators, calls and parentheses may be inside one another') }));
  });
  it('are not read to their end behind a fault', () => {
    expect(() => parsePromql('1 '.repeat(60_000))).toThrow('1:3: parse error: unexpected number "1"');
    expect(() => parsePromql(`${row('a', 'or', 500)} or )`)).toThrow('unexpected ")"');
  });
  it('are refused above 128 KiB, before they are looked at', () => {
    expect(() => parsePromql(row('a', 'or', 30_000))).toThrow(expect.objectContaining({ type: 'bad_data', message: 'the query has more than 131,072 characters' }));
  });
  it.each([['a quote that does not end', `x{a="${'\\"'.repeat(60_000)}`], ['one that ends in half an escape', `x{a="${'\\"'.repeat(60_000)}\\`], ['brackets that do not end', '['.repeat(60_000)], ['backticks', `${'`"'.repeat(60_000)}`]])('are looked at once, whatever is wrong with them: %s', (_name, query) => {
    const before = process.cpuUsage();
    expect(() => parsePromql(query)).toThrow('parse error');
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});

it.each(['"abc', "'abc", '`abc', '"', String.raw`"abc\"`, String.raw`"abc\\\"`])('refuses a string that the query ends in: %s', (query) => {
  expect(() => parsePromql(query)).toThrow(/unterminated quoted string|parse error/);
});

it.each([['1e400', '1:1: parse error: number out of range: "1e400"'], ['up > -1e309', 'number out of range'], ['up / fill(1e999) up', 'expected a number'], ['up @ 1e400', 'timestamp out of bounds']])('refuses %s, which is larger than any number', (query, reason) => expect(() => parsePromql(query)).toThrow(reason));

it.each([['1.e3', 1000], ['-1.E+2', -100], ['2 * 1.e-2', 0.02], ['1. + 012.', 13], ['10.e1^2.', 10_000]])('reads %s as %d', async (query, value) => {
  const options = { source: { select: () => Promise.resolve([]) }, limits: { maxSeries: 10, maxSamples: 10 }, timeoutMs: 60_000, lookbackMs: 300_000, subqueryStepMs: 60_000, experimental: true };
  await expect(runQuery(query, { start: 1e12, step: 1, steps: 1 }, true, options)).resolves.toMatchObject({ result: { type: 'scalar', value } });
});

it.each([['foo(up)', '1:1'], ['sum by (x) (foo (up))', '1:13'], ['1 +\n  foo(1, up)', '2:3'], ['rate(foo(up)[5m:])', '1:6']])('says where the unknown function of %s is', (query, place) => {
  expect(() => parsePromql(query)).toThrow(`${place}: parse error: unknown function with name "foo"`);
});

it('takes a matching of no labels beside a number, as Prometheus does', () => {
  for (const query of ['1 + on() up', 'up / ignoring() 2', '1 > bool on() group_left() up']) expect(parsePromql(query)).toMatchObject({ type: 'binary' });
  expect(() => parsePromql('1 + on(job) up')).toThrow('vector matching only allowed between instant vectors');
});

describe('regular expressions', () => {
  const large = (char: string): string => `(?:${char}{100}b){10}`.repeat(6);
  it.each([
    ['alone', `up{a=~"${'(a{1000})'.repeat(1000)}"}`, 'with its repetitions it has more than 20000 characters'],
    ['together', `up{${Array.from('abcdefghijklmnopqrstuvwxyz', (char) => `${char}=~"${large(char)}"`).join()}}`, 'with those before it and all repetitions it has more than 150000 characters'],
    ['in other selectors', Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (char) => `up{a!~"${large(char)}"}`).join(' or '), 'with those before it'],
    ['in label_replace', Array.from('0123456789_,;:<>@#%&=ijklmnopq', (char) => `label_replace(up, "a", "", "b", ("${large(`x${char}`)}"))`).join(' + '), 'with those before it'],
  ])('that are large %s are refused before they are compiled', (_name, query, why) => {
    expect(() => parsePromql(query)).toThrow(expect.objectContaining({ type: 'bad_data', message: expect.stringContaining(`expression too large: ${why}`) }));
  });
  it('that are large together are refused also where each is known', () => {
    const patterns = Array.from('abcdefghijklmnopqrstuvwxyz', (char) => `{a=~"${large(char)}"}`);
    for (const one of patterns) parsePromql(one);
    expect(() => parsePromql(patterns.join(' or '))).toThrow('with those before it');
    expect(parsePromql(patterns.slice(0, 20).join(' or ')).type).toBe('binary');
  });
  it.each(['^(a|b)$', '^(?:a|b)$', '((a|b))', '^(((?:a|^b$)))', 'a|b$'])('that list texts as %s are lists', (source) => {
    const texts = Array.from({ length: 4000 }, (_one, at) => `10\\.0\\.${at}\\.1:9090`).join('|');
    const pattern = compileRegex(source.replace('b', texts));
    expect([pattern.test('a'), pattern.test('10.0.77.1:9090'), pattern.test('10.0.4000.1:9090'), pattern.exec('a')?.('3')]).toEqual([true, true, false, '']);
    expect(compileRegex(source).exec('a')?.('1')).toBe(/\((?!\?)/.test(source) ? 'a' : '');
  });
  it('that list texts may be long', () => {
    const names = Array.from({ length: 4000 }, (_one, at) => `10.0.${at}.1:9090`);
    const list = `(${names.join('|').replaceAll('.', '\\.')})`;
    parsePromql(`up{instance=~${JSON.stringify(list)}}`);
    const pattern = compileRegex(list);
    expect([pattern.test('10.0.3999.1:9090'), pattern.test('10.0.4000.1:9090'), pattern.test('10x0.1.1:9090')]).toEqual([true, false, false]);
    const group = pattern.exec('10.0.7.1:9090');
    expect(['0', '1', '2', 'name'].map((name) => group?.(name))).toEqual(['10.0.7.1:9090', '10.0.7.1:9090', '', '']);
    expect([compileRegex('(?:a|b)').exec('b')?.('1'), compileRegex('a|b').exec('b')?.('0'), compileRegex('a|b').exec('c')]).toEqual(['', 'b', undefined]);
  });
  it('that are large are not tried on a text that is long', () => {
    const pattern = compileRegex('.*a.{1000}');
    expect(pattern.test(`${'b'.repeat(10)}a${'b'.repeat(1000)}`)).toBe(true);
    const long = 'ab'.repeat(20_000);
    expect(() => pattern.test(long)).toThrow('the regular expression is too large for a text of 40000 characters');
    expect(() => pattern.exec(long)).toThrow('the regular expression is too large for a text of 40000 characters');
  });
});
