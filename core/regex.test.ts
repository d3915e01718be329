import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { alternativesOf, compileRe2, regexRoom, regexSize } from './regex.js';

describe('the size of an expression', () => {
  it.each([
    ['', 0], ['abc', 3], ['a{5}', 5], ['ab{5}', 6], ['a{2,7}', 7], ['a{3,}', 3], ['a{0}', 1], ['a{,9}', 5], ['\\.{4}', 4], ['(?:ab){10}', 60], ['(?:a{10}b){10}', 150], ['[]a{9}]{3}', 3], ['[[:alpha:]]{2}', 2], ['\\pL{2}', 12], ['\\p{Greek}{2}', 12],
    ['[(]a{2}', 3], ['\\(a{2}', 3], ['(a', 2], ['[a', 1], ['\\Qa(\\E', 6], ['a{1001}', 1000], [`[${'ab'.repeat(60)}]{2}`, 6], ['(?i)[а-я]{2}', 506], ['[а-я]{2}', 2],
  ])('%s is %i', (source, size) => expect(regexSize(source)).toBe(size));
  it.each(['a{1000}', '(?:.?a){500}', '(?:(a|bc|de)+x{3}){90}', '(?i)\\pL{40}', '\\p{Lu}{9}|[^a]{7}?', '(?P<n>\\d{3}){4}', '(?:ab){0,100}', '\\Qa{3}\\E{5}'])('is about as large as the program of %s, or larger', (source) => {
    expect(RE2JS.compile(source).programSize()).toBeLessThanOrEqual(2 * regexSize(source) + 2);
  });
  it.each(['[', '\\', '\\Q', '\\p{', '{1', '(', '[[:a', '[^'])('is told at once of 100,000 times %s', (piece) => {
    const began = process.cpuUsage();
    regexSize(piece.repeat(100_000));
    expect(process.cpuUsage(began).user).toBeLessThan(1e6);
  });
  it.each(['a{1000}'.repeat(21), '(?:(?:.?a){30}){30}'.repeat(6), `${'(?:'.repeat(400)}a${'){1000}'.repeat(400)}`, '\\pL'.repeat(10_000), `(?i)${'[ -\uffff]'.repeat(1000)}`])('is refused above 20,000', (source) => {
    expect(() => compileRe2(source)).toThrow('expression too large: with its repetitions it has more than 20000 characters');
  });
  it('without repetitions is as long as it may be', () => {
    const names = Array.from({ length: 500 }, (_one, at) => `checkout-7d9f8b6c5d-${at}-in-a-namespace-of-prod`).join('|');
    for (const source of [`(?i)(${names})`, `(${names}):[0-9]+`, `${names}|.*`]) expect(compileRe2(source).testExact('checkout-7d9f8b6c5d-77-in-a-namespace-of-prod:9')).toBe(source !== `(?i)(${names})`);
    expect(compileRe2('[a-zA-Z0-9 .,:;!?()_/+-]{1,1000}').testExact('Faultline 1.0')).toBe(true);
  });
  it('is counted for the expressions of one question together', () => {
    const room = regexRoom();
    for (const letter of 'abcdefgABCDEFGijklmno') compileRe2(`(?:.?${letter}){1000}`, 0, room);
    expect(room.left).toBe(3000);
    expect(() => compileRe2('(?:.?h){1000}', 0, room)).toThrow('expression too large: with those before it and all repetitions it has more than 150000 characters');
    expect(compileRe2('(?:.?h){1000}').testExact('h'.repeat(1000))).toBe(true);
  });
});

describe('alternatives', () => {
  it.each([['api', ['api']], ['a|b c|', ['a', 'b c', '']], ['10\\.0\\.0\\.1:9090|x\\-y', ['10.0.0.1:9090', 'x-y']], ['ä"=,/|\n', ['ä"=,/', '\n']], ['', ['']]])('of %j', (source, texts) => {
    expect([...(alternativesOf(source) ?? [])]).toEqual(texts);
    for (const text of texts) expect(RE2JS.compile(source).testExact(text)).toBe(true);
  });
  it.each(['a.', 'a*', 'a\\d', 'a\\|b', '(a|b)', '[ab]', '^a', 'a$', 'a\\', 'a{2}', 'a\\n', '\\_'])('%s has none', (source) => expect(alternativesOf(source)).toBeUndefined());
});
