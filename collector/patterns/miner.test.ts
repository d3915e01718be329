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
    ['E1130 10:00:00.123456 1 server.go:10] refused', 'E<*> <*> <*> server.go:<*>] refused'],
    ['<3>1 app: level=error msg="disk \\"a\\" full"', '<<*>><*> app: level=error msg=disk \\<*> full'],
    ['{"method": "GET", "status": 200,\n "tags": ["a", true]}', '{"method": <*>, "status": <*>, "tags": [<*>, <*>]}'],
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

  it.each([
    ['JSON', '{"level":"info","ts":1700000000.1,"msg":"order placed","user":{"msg":"x"}}', 'INFO order placed'],
    ['JSON of a kind of its own', '{"severity": "ERROR", "err": "E11 dup", "message": "could not store\\n  at save", "took": 5}', 'ERROR could not store'],
    ['JSON with numbers for levels', '{"level":50,"time":1700000000000,"pid":7,"req":{"url":"/a"},"msg":"payment 7 declined"}', 'ERROR payment <*> declined'],
    ['JSON over lines', '{\n  "level": "warn",\n  "event": "slow query"\n}', 'WARN slow query'],
    ['JSON that names no level', '{"log":"started in 5s\\n","stream":"stdout"}', 'started in <*>'],
    ['JSON without a message', '{"status":200,"path":"/a"}', '{"status":<*>,"path":<*>}'],
    ['JSON that is cut off', '{"level":"error","msg":"disk', 'ERROR disk'],
    ['logfmt', 'time="2026-11-30T10:00:00Z" level=error msg="database \\"a\\" is down" order=12', 'ERROR database <*> is down'],
    ['logfmt without quotes', 'ts=2026-11-30 level=info msg=started', 'INFO started'],
    ['pairs without a message', 'status=200 path=/a', 'status=<*> path=/a'],
    ['a line after brackets and blanks', '\n[\n  boom 5\n]', 'boom <*>'],
  ])('takes the message of %s for what it says', (_, body, template) => {
    const miner = createPatternMiner();
    idOf(miner, 'shop', body);
    expect(templates(miner)).toEqual([template]);
  });

  const SAID = ['order placed', 'payment declined', 'out of memory', 'database is down', 'cache miss', 'login ok'];
  it.each<[string, (said: string, level: string, at: number) => string]>([
    ['zap', (said, level, at) => JSON.stringify({ level, ts: at, msg: said, order: `a${at}` })],
    ['logrus', (said, level, at) => `time="2026-11-30T10:00:0${at % 10}Z" level=${level} msg="${said}" order=${at}`],
    ['Spring Boot', (said, level, at) => `2026-11-30T10:00:00.${100 + at}Z ${level.toUpperCase()} 1 --- [shop] [nio-8080-exec-${at % 7}] c.s.OrderService : ${said}`],
    ['log4j', (said, level) => `[main] ${level.toUpperCase()} com.shop.Orders - ${said}`],
    ['klog', (said, level, at) => `${level[0]?.toUpperCase()}1130 10:00:00.${at} 1 server.go:10] ${said}`],
    ['Python', (said, level, at) => `2026-11-30 10:00:00,${at} - shop.orders - ${level.toUpperCase()} - ${said}`],
    ['a time and a level', (said, level, at) => `2026-11-30 10:00:00,${at} ${level.toUpperCase()} ${said}`],
  ])('tells what a service says in the lines of %s, and an error from a success', (_, line) => {
    const miner = createPatternMiner();
    const ids = (level: string): string[] => Array.from({ length: 60 }, (__, at) => idOf(miner, 'shop', line(SAID[at % SAID.length] ?? '', level, at)));
    const [infos, errors] = [ids('info'), ids('error')];
    expect([new Set(infos).size, new Set([...infos, ...errors]).size]).toEqual([SAID.length, 2 * SAID.length]);
    expect(templates(miner)).toHaveLength(2 * SAID.length);
  });

  it('takes the pattern that covers a message most exactly, in whatever order they were kept', () => {
    const before = createPatternMiner();
    const bodies = ['user ada logged out of shop', 'user bob logged out of shop', 'user ada was not found anywhere', 'user bob logged in to shop'];
    for (const body of bodies) idOf(before, 'auth', body);
    const kept = before.takeChanged();
    const after = [kept, kept.toReversed()].map((patterns) => {
      const miner = createPatternMiner();
      miner.restore(patterns);
      return bodies.map((body) => idOf(miner, 'auth', body));
    });
    expect(after[0]).toEqual(after[1]);
    expect(after[0]).toEqual(bodies.map((body) => idOf(before, 'auth', body)));
    const exact = createPatternMiner();
    exact.restore([{ id: '9', service: 's', template: 'GET <*> <*>' }, { id: '8', service: 's', template: 'GET <*> failed' }, { id: '7', service: 's', template: 'GET <*> slowly' }]);
    expect(idOf(exact, 's', 'GET a failed')).toBe('8');
  });

  it('takes nothing for what an earlier version kept of messages by their times and levels alone', () => {
    const miner = createPatternMiner();
    miner.restore([{ id: '9', service: 's', template: '<*>-<*>-<*> <*> ERROR <*> <*>' }, { id: '8', service: 's', template: 'order <*> placed' }]);
    expect(idOf(miner, 's', '2026-11-30 10:00:00,1 ERROR disk full')).not.toBe('9');
    expect(idOf(miner, 's', 'order 7 placed')).toBe('8');
    expect(templates(miner)).toEqual(['<*>-<*>-<*> <*> ERROR disk full', 'order <*> placed']);
  });

  it('keeps the ids over a restart', () => {
    const before = createPatternMiner();
    const id = idOf(before, 'cart', 'customer ada added the item to the basket');
    idOf(before, 'cart', 'customer grace added the item to the basket');
    const after = createPatternMiner();
    after.restore(before.takeChanged());
    expect(idOf(after, 'cart', 'customer joan added the item to the basket')).toBe(id);
    expect(after.takeChanged()).toEqual([{ id, service: 'cart', template: 'customer <*> added the item to the basket' }]);
    idOf(after, 'cart', 'customer eve added the item to the basket');
    expect(after.takeChanged()).toEqual([]);
  });

  const nameOf = (at: number): string => [at % 26, Math.floor(at / 26) % 26, Math.floor(at / 676)].map((letter) => String.fromCodePoint(97 + letter)).join('');

  it.each([
    ['first', (name: string) => `${name} logged in`, '<*> logged in'],
    ['last of two', (name: string) => `loading ${name}`, 'loading <*>'],
    ['second', (name: string) => `loading ${name} failed badly`, 'loading <*> failed badly'],
  ])('finds that the %s word varies, and knows no more patterns for it than it takes to see that', (_, body, template) => {
    const miner = createPatternMiner();
    const ids = Array.from({ length: 2_000 }, (__, at) => idOf(miner, 'auth', body(nameOf(at))));
    expect(new Set(ids).size).toBeLessThan(40);
    expect(new Set(ids.slice(100)).size).toBe(1);
    expect(templates(miner)).toContain(template);
    expect(miner.crowded).toBeUndefined();
  });

  it('has room for each service, however much others say', () => {
    const miner = createPatternMiner({ limit: 60, share: 40 });
    for (let at = 0; at < 5_000; at += 1) for (const service of ['auth', 'web']) idOf(miner, service, `${nameOf(at)} ${'x '.repeat(at % 40)}`);
    expect(miner.size).toBeLessThanOrEqual(60);
    expect(miner.crowded).toBeDefined();
    miner.takeChanged();
    for (const body of ['order 1 placed', 'card declined', 'database is down']) idOf(miner, 'checkout', body);
    expect(templates(miner)).toEqual(['order <*> placed', 'card declined', 'database is down']);
    expect(miner.size).toBeLessThanOrEqual(60);
  });

  it('lets go of what nobody said for a day, and of what an earlier run left at once', () => {
    const miner = createPatternMiner({ share: 2 });
    miner.restore([{ id: '9', service: 'web', template: 'boom' }, { id: '8', service: 'web', template: 'said still' }, { id: '7', service: 'web', template: 'beyond the share' }]);
    expect(idOf(miner, 'web', 'said still')).toBe('8');
    idOf(miner, 'web', 'order placed');
    const other = idOf(miner, 'web', 'card declined');
    expect(templates(miner)).toEqual(['said still', 'order placed', '<*>']);
    const daily: string[] = [];
    for (let turn = 1; turn < 17_280; turn += 1) {
      idOf(miner, 'web', 'order placed');
      daily.push(...templates(miner));
    }
    expect(daily).toEqual(['order placed']);
    expect(idOf(miner, 'web', 'disk full')).not.toBe(other);
    expect(templates(miner)).toEqual(['disk full']);
  });

  it('has room for services that come, where others went', () => {
    const hour = 720;
    const miner = createPatternMiner({ limit: 20 });
    miner.restore(Array.from({ length: 20 }, (_, at) => ({ id: String(at + 1), service: `earlier-${at}`, template: 'order <*> placed' })));
    for (let job = 0; job < 200; job += 1) {
      expect(idOf(miner, `job-${job}`, 'order 1 placed')).not.toBe('0');
      idOf(miner, 'earlier-0', 'order 1 placed');
      for (let turn = 0; turn < hour; turn += 1) miner.takeChanged();
      expect(miner.size).toBeLessThanOrEqual(20);
    }
    expect(idOf(miner, 'earlier-0', 'order 2 placed')).toBe('1');
    const inUse = createPatternMiner({ limit: 20 });
    const ids = Array.from({ length: 25 }, (_, at) => idOf(inUse, `shop-${at}`, 'order 1 placed'));
    expect(ids.map((id) => id === '0')).toEqual(ids.map((_, at) => at >= 20));
  });

  it('stays within its bounds whatever arrives', () => {
    const miner = createPatternMiner({ limit: 30 });
    for (let index = 0; index < 5_000; index += 1) idOf(miner, `service-${index % 3}`, `${'abcdefghij'.slice(0, 1 + (index % 10))}${String.fromCodePoint(97 + (index % 26))} ${'x '.repeat(index % 40)}`);
    expect(miner.size).toBeLessThanOrEqual(30);
    expect(miner.takeChanged().filter(({ template }) => template === '<*>')).toHaveLength(3);
    expect(idOf(miner, 'service-0', '')).toBeDefined();
  });
});
