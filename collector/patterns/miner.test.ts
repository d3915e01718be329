import { describe, expect, it } from 'vitest';
import { createPatternMiner, type PatternMiner } from './miner.js';
import { tokensOf } from './template.js';

const idOf = (miner: PatternMiner, service: string, text: string): string => {
  const bytes = Buffer.from(text);
  const { low, high } = miner.match(service, bytes, 0, bytes.length);
  return String((BigInt(high) << 32n) | BigInt(low));
};
const templates = (miner: PatternMiner): string[] => miner.takeChanged().map(({ template }) => template);

describe('what varies', () => {
  it.each([
    ['order 4711 placed in 12.5ms', 'order <*> placed in <*>'],
    ['GET /products/42 from 10.0.0.7:5123 answered 200', 'GET /products/<*> from <*> answered <*>'],
    ['user "ada lovelace" signed in', 'user <*> signed in'],
    ['lost 1b4e28ba-2fa1-11d2-883f-0016d3cca427 and deadbeefcafebabedeadbeefcafebabe', 'lost <*> and <*>'],
    ['\u001b[1;31mdenied\u001b[0m: card \u001b[33m4711\u001b[m', 'denied: card <*>'],
    ['boom\n  at stack (file.js:1)', 'boom'],
  ])('%s', (message, template) => {
    expect(tokensOf(message).join(' ')).toBe(template);
  });
});

describe('a miner of log patterns', () => {
  it('gives messages that differ in values one pattern, and others another', () => {
    const miner = createPatternMiner();
    const first = idOf(miner, 'checkout', 'order 1 placed for customer a9');
    expect(idOf(miner, 'checkout', 'order 22 placed for customer b77')).toBe(first);
    expect(idOf(miner, 'checkout', 'card of order 1 was declined')).not.toBe(first);
    expect(idOf(miner, 'payment', 'order 1 placed for customer a9')).not.toBe(first);
    expect(templates(miner)).toEqual(['order <*> placed for customer <*>', 'card of order <*> was declined', 'order <*> placed for customer <*>']);
    expect(templates(miner)).toEqual([]);
  });

  it('tells coloured messages by their words', () => {
    const miner = createPatternMiner();
    const ids = ['\u001b[31mdenied\u001b[0m', '\u001b[31mtaken\u001b[0m', '\u001b[1;32mdenied\u001b[0m', 'denied'].map((text) => idOf(miner, 'cart', text));
    expect([ids[1] === ids[0], ids[2] === ids[0], ids[3] === ids[0]]).toEqual([false, true, true]);
    expect(templates(miner)).toEqual(['denied', 'taken']);
  });

  it('learns that a word varies, and keeps the id', () => {
    const miner = createPatternMiner();
    const id = idOf(miner, 'cart', 'customer ada added the item to the basket');
    expect(idOf(miner, 'cart', 'customer grace added the item to the basket')).toBe(id);
    expect(templates(miner)).toEqual(['customer <*> added the item to the basket']);
  });

  it('keeps the ids over a restart', () => {
    const before = createPatternMiner();
    const id = idOf(before, 'cart', 'customer ada added the item to the basket');
    idOf(before, 'cart', 'customer grace added the item to the basket');
    const after = createPatternMiner();
    after.restore(before.takeChanged());
    expect(idOf(after, 'cart', 'customer joan added the item to the basket')).toBe(id);
    expect(after.takeChanged()).toEqual([]);
  });

  it('stays within its bounds whatever arrives', () => {
    const miner = createPatternMiner(100);
    for (let index = 0; index < 5_000; index += 1) idOf(miner, `service-${index % 3}`, `${'abcdefghij'.slice(0, 1 + (index % 10))}${String.fromCodePoint(97 + (index % 26))} ${'x '.repeat(index % 40)}`);
    expect(miner.size).toBeLessThanOrEqual(103);
    expect(miner.takeChanged().filter(({ template }) => template === '<*>')).toHaveLength(3);
    expect(idOf(miner, 'service-0', '')).toBeDefined();
  });
});
