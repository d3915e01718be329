import { describe, expect, it } from 'vitest';
import { matchesAll } from './matcher.js';
import { parseMatchers } from './matcher-parse.js';
import { matchersIn } from './views.js';

const read = (text: string): (readonly [string, string, string])[] => parseMatchers(text).map(({ name, op, value }) => [name, op, value]);

describe('matchers', () => {
  it.each<[string, [string, string, string][]]>([
    ['severity="page"', [['severity', '=', 'page']]],
    ['{severity="page", team=~"a|b",}', [['severity', '=', 'page'], ['team', '=~', 'a|b']]],
    ['foo = bar , dings!=bums', [['foo', '=', 'bar'], ['dings', '!=', 'bums']]],
    ['a!~x.*', [['a', '!~', 'x.*']]],
    ['quote="She said: \\"Hi, ladies!\\""', [['quote', '=', 'She said: "Hi, ladies!"']]],
    // Only the UTF-8 grammar.
    ['"service.name"="pay"', [['service.name', '=', 'pay']]],
    ['service.name=pay', [['service.name', '=', 'pay']]],
    ['Προμηθεύς=bar', [['Προμηθεύς', '=', 'bar']]],
    ['{"a b"=~"\\\\d+"}', [['a b', '=~', '\\d+']]],
    // Only the classic one.
    ['foo=', [['foo', '=', '']]],
    ['foo=bar baz', [['foo', '=', 'bar baz']]],
    ['foo=~"\\d+"', [['foo', '=~', '\\d+']]],
    ['url=~https?://x', [['url', '=~', 'https?://x']]],
    ['{foo="a"', [['foo', '=', 'a']]],
    // They disagree: the classic one has always read it so.
    ['qux="\\xf0\\x9f\\x99\\x82"', [['qux', '=', '\\xf0\\x9f\\x99\\x82']]],
    // Only the UTF-8 grammar takes the name, so its escapes count.
    ['"q x"="\\xf0\\x9f\\x99\\x82\\u00e9\\n"', [['q x', '=', '🙂é\n']]],
    ['', []],
    ['{}', []],
  ])('%s', (text, expected) => expect(read(text)).toEqual(expected));
  it.each(['foo', '="bar"', 'foo="bar', '"a b=c', 'foo=~"["', '{"a b"="c"', '"a b"="\\xff"', '"a b"="c" "d"="e"'])('%s is none', (text) => expect(() => parseMatchers(text)).toThrow(RangeError));
  it('of large expressions are none, alone and with those of the same question', () => {
    expect(() => parseMatchers(`a=~"${'(a{1000})'.repeat(21)}"`)).toThrow('expression too large');
    const question = Array.from({ length: 80 }, (_one, at) => `a=~"${at}[^b]{999}.{999}"`);
    for (const text of question) expect(read(text)).toHaveLength(1);
    expect(() => matchersIn(question)).toThrow('expression too large: with those before it');
    expect(() => matchersIn([question.join()])).toThrow('expression too large: with those before it');
  });
  it('are anchored, and an absent label is an empty one', () => {
    const matches = (text: string, labels: Record<string, string>): boolean => matchesAll(parseMatchers(text), labels);
    expect([matches('a=~"b.*"', { a: 'xb' }), matches('a=~"b.*"', { a: 'bx' }), matches('a=~"b|c"', { a: 'c' }), matches('a=~"b|c"', { a: 'bc' }), matches('a=""', {}), matches('a!="b"', {}), matches('a=~".+"', {}), matches('a=~".*"', {}), matches('a!~"b|c"', { a: 'c' })]).toEqual([false, true, true, false, true, true, false, true, false]);
  });
});
