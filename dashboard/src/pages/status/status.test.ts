import { describe, expect, it } from 'vitest';
import { SENDERS } from './search.js';
import { instructions, isHidden, reachable } from './snippets.js';
import { notesOf } from './source-notes.js';
import { statusSentence } from './wording.js';

const local = { otlpHttp: 'http://localhost:4318', otlpGrpc: 'http://localhost:4317' };

describe('instructions for senders', () => {
  it('name the host that the viewer sees', () => {
    expect(reachable(local, '127.0.0.1')).toEqual(local);
    expect(reachable(local, 'watch.example')).toEqual({ otlpHttp: 'http://watch.example:4318', otlpGrpc: 'http://watch.example:4317' });
    expect(reachable({ ...local, otlpHttp: 'http://0.0.0.0:4318' }, 'localhost').otlpHttp).toBe('http://localhost:4318');
    expect([isHidden(local, 'watch.example'), isHidden(local, 'localhost')]).toEqual([true, false]);
  });
  it('hold an address in every tab, and gRPC without a scheme in the Collector', () => {
    const all = instructions(reachable(local, 'watch.example'));
    expect(all.map(({ sender }) => sender)).toEqual(SENDERS);
    for (const { steps } of all) expect(steps.map(({ text }) => text).join('\n')).toContain('watch.example:4318');
    expect(all.find(({ sender }) => sender === 'collector')?.steps[1]?.text).toContain('endpoint: watch.example:4317\n');
  });
  it('bring a token where one is asked for, and speak TLS where the ports do', () => {
    const texts = (endpoints: typeof local, signIn: boolean): string[] => instructions(endpoints, signIn).map(({ steps }) => steps.map(({ text }) => text).join('\n'));
    for (const text of texts(local, true)) expect(text).toMatch(/authorization(=|: )Bearer(%20| )\$\{?(env:)?FAULTLINE_TOKEN/);
    expect(texts(local, false).join('\n')).not.toContain('authorization');
    const secure = texts({ otlpHttp: 'https://watch.example:4318', otlpGrpc: 'https://watch.example:4317' }, false).join('\n');
    expect(secure).toContain('endpoint: https://watch.example:4318');
    expect(secure).not.toContain('insecure');
  });
  it('give curl a body that is JSON once the shell has filled it in', () => {
    for (const { text } of instructions(local).find(({ sender }) => sender === 'curl')?.steps ?? []) {
      const body = /<<JSON\n(.*)\nJSON$/s.exec(text)?.[1] ?? '';
      expect(() => JSON.parse(body.replaceAll(/\$\(id \d+\)/g, 'ab').replaceAll('${NOW}', '1')) as unknown).not.toThrow();
    }
  });
});

describe('sources', () => {
  const now = 1_790_000_000_000;
  const source = { service: 'checkout', sdk: '', problems: [], refused: null, signals: [{ signal: 'traces', perSecond: 2, lastSeenAt: now - 240_000, stopped: true, late: false }, { signal: 'logs', perSecond: 1, lastSeenAt: now - 600_000, stopped: false, late: false }] } as const;
  it('say what stopped and what is missing', () => {
    const { problems, missing } = notesOf(source, now);
    expect(problems.map((text) => text.replace('\u00a0', ' '))).toEqual(['traces stopped 4 min ago']);
    expect(missing.replace('\u00a0', ' ')).toBe('sends no metrics, no logs for 10 min');
    expect(notesOf({ ...source, problems: ['too fast'], refused: { items: 1_234, since: now - 5_000 } }, now).problems.slice(0, 2)).toEqual(['too fast', expect.stringMatching(/^1,234 records refused since /)]);
  });
  it('add up', () => {
    const well = { ready: true, engine: { fault: '' }, queue: { bytes: 0 } };
    const arriving = { sources: 1, faulty: 0, perSecond: { traces: 2, metrics: 0, logs: 1 } };
    expect(statusSentence({ ...well, arriving })).toBe('Receiving 2 spans/s, 0 metric points/s and 1 log records/s from 1 service.');
    expect(statusSentence({ ...well, arriving: { ...arriving, sources: 0 } })).toContain('nothing has arrived');
    expect(statusSentence({ ready: false, engine: { fault: 'ClickHouse does not answer: refused' }, queue: { bytes: 2 ** 20 }, arriving })).toMatch(/^ClickHouse does not answer: refused\. .*waits on disk, 1.MiB/);
  });
});
