import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { configFileOf, loadConfig, settings } from './config.js';

const fileWith = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'faultline-config-')), 'faultline.yaml');
  writeFileSync(path, text);
  return path;
};

describe('configuration', () => {
  it('needs nothing to be set', () => {
    expect(loadConfig({ env: {} })).toMatchObject({ host: '127.0.0.1', http_port: 8080, otlp_http_port: 4318, otlp_grpc_port: 4317, data_dir: './data' });
  });

  it('takes the environment over the file over the defaults', () => {
    const file = fileWith('http_port: 9000\nhost: 0.0.0.0\nretention:\n  traces: 3d\n');
    const config = loadConfig({ env: { FAULTLINE_HTTP_PORT: '9100', CLICKHOUSE_URL: 'http://ch:8123', FAULTLINE_DEMO_AUTO_FAULT: 'false' }, file, defaults: { host: '::', data_dir: '/d' } });
    expect(config).toMatchObject({ http_port: 9100, host: '0.0.0.0', data_dir: '/d', clickhouse_url: 'http://ch:8123', retention: { traces: 259_200_000 }, demo: { auto_fault: false } });
  });

  it('takes a key without a value for one that is not there', () => {
    expect(loadConfig({ env: {}, file: fileWith('host:\ntls:\n  # cert_file: x\nserver:\n  auth:\n') })).toMatchObject({ host: '127.0.0.1', tls: { cert_file: '' } });
  });

  it('takes no variable that Kubernetes sets of a Service for a setting', () => {
    const links = { SERVICE_HOST: '10.0.0.1', SERVICE_PORT: '8080', SERVICE_PORT_HTTP: '8080', PORT: 'tcp://10.0.0.1:8080', PORT_8080_TCP: 'tcp://10.0.0.1:8080', PORT_8080_TCP_PROTO: 'tcp', PORT_8080_TCP_PORT: '8080', PORT_8080_TCP_ADDR: '10.0.0.1' };
    const env = Object.fromEntries(['FAULTLINE_', 'FAULTLINE_HTTP_'].flatMap((service) => Object.entries(links).map(([name, value]) => [service + name, value])));
    expect(loadConfig({ env }).http_port).toBe(8080);
    expect(() => loadConfig({ env: { FAULTLINE_PORT: '8080' } })).toThrow('FAULTLINE_PORT: no such setting');
  });

  it('takes an address alone for where it listens', () => {
    for (const host of ['::1', 'fe80::1%eth0', 'my-host.example']) expect(loadConfig({ env: { FAULTLINE_HOST: host } }).host).toBe(host);
    for (const host of ['localhost:8080', 'http://localhost', '[::1]']) expect(() => loadConfig({ env: { FAULTLINE_HOST: host } })).toThrow('FAULTLINE_HOST: expected an address such as 0.0.0.0');
  });

  it('takes names under which browsers ask, as they are written', () => {
    const load = (name: string): readonly string[] => loadConfig({ env: {}, file: fileWith(`server:\n  allowed_hosts: ["${name}"]\n`) }).server.allowed_hosts;
    for (const name of ['Faultline.example', 'faultline.example:8443', '[fd00::2]', 'fd00::2', 'bücher.example']) expect(load(name)).toEqual([name]);
    for (const name of ['https://faultline.example', '*.example', 'a b']) expect(() => load(name)).toThrow('without https:// and without *');
  });

  it('takes the address of the dashboard without a slash at its end', () => {
    expect(loadConfig({ env: { FAULTLINE_PUBLIC_URL: 'https://f.example/faultline/' } }).public_url).toBe('https://f.example/faultline');
    expect(() => loadConfig({ env: { FAULTLINE_PUBLIC_URL: 'https://f.example/?a=1' } })).toThrow('FAULTLINE_PUBLIC_URL: expected an address without ? and #');
  });

  it('takes the origins of browsers as these name them', () => {
    const load = (origin: string): readonly string[] => loadConfig({ env: {}, file: fileWith(`collector:\n  cors_origins: ["${origin}"]\n`) }).collector.cors_origins;
    for (const origin of ['*', 'https://shop.example', 'http://localhost:3000', 'chrome-extension://abc', 'null']) expect(load(origin)).toEqual([origin]);
    for (const never of ['https://shop.example/', 'https://Shop.example', 'https://shop.example:443', 'shop.example']) expect(() => load(never)).toThrow('expected an origin such as https://shop.example, without a path');
  });

  it('refuses one port for two listeners, and says what a port is', () => {
    expect(() => loadConfig({ env: { FAULTLINE_OTLP_HTTP_PORT: '8080' } })).toThrow('otlp_http_port: 8080 is already the http_port; each needs its own');
    expect(loadConfig({ env: { FAULTLINE_HTTP_PORT: '0', FAULTLINE_OTLP_HTTP_PORT: '0' } })).toMatchObject({ http_port: 0, otlp_http_port: 0 });
    for (const wrong of ['many', '99999']) expect(() => loadConfig({ env: { FAULTLINE_HTTP_PORT: wrong } })).toThrow('FAULTLINE_HTTP_PORT: expected a port from 0 to 65535');
    expect(() => loadConfig({ env: { FAULTLINE_CLICKHOUSE_HTTP_PORT: 'banana' } })).toThrow('FAULTLINE_CLICKHOUSE_HTTP_PORT: expected a port from 0 to 65535, or auto');
  });

  it('looks no farther back for an objective than what is counted is kept', () => {
    const own = 'service: shop, objective: 99, errors: "rate(a[$window])", total: "rate(b[$window])"';
    const loaded = (slo: string, retention = '{}') => loadConfig({ env: {}, file: fileWith(`rules: { slos: [{ ${slo} }] }\nretention: ${retention}\n`) }).rules.slos[0];
    const load = (...[slo, retention]: Parameters<typeof loaded>): unknown => (loaded(slo, retention)?.note === '' ? loaded(slo, retention)?.window : loaded(slo, retention));
    const day = 86_400_000;
    expect([load('service: shop, objective: 99'), load(own), load(own, '{ metrics: 90d }'), load(`${own}, window: 15d`), load('service: shop, objective: 99, window: 90d')]).toEqual([30 * day, 15 * day, 30 * day, 15 * day, 90 * day]);
    // What is counted from spans is kept as their rollups are.
    const spans = (more: string): string => `service: shop, objective: 99, window: 30d, errors: 'sum(rate(traces_span_metrics_calls_total{a=~"{b}[$window]"} [$window])) ${more}', total: 'sum(rate(traces_span_metrics_calls_total[$window] offset 1h))'`;
    expect(load(spans(''))).toBe(30 * day);
    for (const more of ['+ sum(rate(a[$window]))', '+ max_over_time(sum(a)[$window:1h])', '+ sum(rate({job="a"}[$window]))', '+ a:rate$window']) expect(load(spans(more))).toMatchObject({ window: 15 * day });
    expect(load(`${own}, window: 20d`)).toMatchObject({ window: 15 * day, note: 'Its window of 20d is longer than what it counts is kept, so it is 15d: set retention.metrics to 20d or more' });
    expect(load('service: shop, objective: 99, window: 20d', '{ rollups: 7d }')).toMatchObject({ window: 7 * day, note: expect.stringContaining('set retention.rollups to 20d or more') });
    expect(load(own, '{ metrics: 6h }')).toMatchObject({ window: day, note: 'Its window of 1d is longer than what it counts is kept: set retention.metrics to 1d or more' });
  });

  it('takes proxies by address or range alone, as express does', () => {
    const load = (proxy: string) => loadConfig({ env: {}, file: fileWith(`server:\n  trusted_proxies: ["${proxy}"]\n`) });
    for (const proxy of ['127.0.0.1', '10.0.0.0/8', 'fd00::/8', '::1', '::ffff:10.0.0.0/104', 'loopback', '10.0.0.0/255.0.0.0', '10.0.0.1/255.255.255.255', 'fe80::1%eth0', 'fe80::1%eth0/64']) {
      expect(load(proxy).server.trusted_proxies).toEqual([proxy]);
      expect(() => express().set('trust proxy', [proxy])).not.toThrow();
    }
    for (const proxy of ['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/x', '10.0.0.0/8/8', '10.0.0.0/255.0.255.0', '10.0.0.0/0.0.0.0', 'fd00::/129', 'fd00::/255.0.0.0', '']) {
      expect(() => load(proxy)).toThrow('expected an address or a range such as 127.0.0.1 or 10.0.0.0/8');
      expect(() => express().set('trust proxy', [proxy])).toThrow(TypeError);
    }
  });

  it('names every fault at once', () => {
    const file = fileWith('htp_port: 1\nretention:\n  logs: soon\n');
    const load = (): unknown => loadConfig({ env: { FAULTLINE_HTTP_PORT: 'many', FAULTLINE_NOPE: '1' }, file });
    expect(load).toThrow(/4 faults/);
    for (const named of [/htp_port/, /retention\.logs/, /FAULTLINE_HTTP_PORT/, /FAULTLINE_NOPE/]) expect(load).toThrow(named);
  });

  it('names the line of a fault in the file, and what a misspelt key or variable was meant to be', () => {
    const file = fileWith('# ours\nhtp_port: 1\ndetector:\n  sensitivty: 2\nalerts:\n  slack:\n  - name: a\n    url: https://example.com/\n    evnts: []\nretention:\n  traces: 15\n  trcs: 1\nlog_level: loud\nzzz: 1\n');
    const env = { FAULTLINE_HTPT_PORT: '1', FAULTLINE_CONFG: 'a', FAULTLINE_PORT: '1', FAULTLINE_RULES_FILES: '[1]' };
    let faults: string[] = [];
    try {
      loadConfig({ env, file });
    } catch (error) {
      faults = String(error).split('\n').slice(1).map((line) => line.trim().replace(`${file}:`, ''));
    }
    expect(new Set(faults)).toEqual(new Set([
      '11: retention.traces: Invalid input: expected string, received number; the default is "15d"',
      '12: retention.trcs: no such key, did you mean traces?',
      '13: log_level: Invalid option: expected one of "trace"|"debug"|"info"|"warn"|"error"|"silent"',
      '14: zzz: no such key',
      '2: htp_port: no such key, did you mean http_port?',
      '4: detector.sensitivty: no such key, did you mean sensitivity?',
      '9: alerts.slack.0.evnts: no such key, did you mean events?',
      'FAULTLINE_CONFG: no such setting, did you mean FAULTLINE_CONFIG?',
      'FAULTLINE_HTPT_PORT: no such setting, did you mean FAULTLINE_HTTP_PORT?',
      'FAULTLINE_PORT: no such setting; docs/config.md lists them',
      'FAULTLINE_RULES_FILES: Invalid input: expected string, received number',
    ]));
  });

  it('says of a file that cannot be read why, with the line', () => {
    const file = fileWith('host: a\n  b: c\n');
    expect(() => loadConfig({ env: {}, file })).toThrow(/faultline\.yaml:\d: [A-Z].*[^:]$/);
    expect(() => loadConfig({ env: {}, file: dirname(file) })).toThrow(`${dirname(file)}: this is a folder; name the file in it`);
    expect(() => loadConfig({ env: {}, file: `${file}.none` })).toThrow(`${file}.none: there is no such file`);
  });

  it('refuses an address that is none, without repeating its password', () => {
    const load = (): unknown => loadConfig({ env: { CLICKHOUSE_URL: 'db:hunter2@nowhere' } });
    expect(load).toThrow(/CLICKHOUSE_URL: expected an address/);
    expect(load).not.toThrow(/hunter2/);
  });

  it.each([
    ['FAULTLINE_DETECTOR_STEP', '0s', 'expected 5s to 1h'],
    ['FAULTLINE_DETECTOR_STEP', '7s', 'expected a multiple of 5s'],
    ['FAULTLINE_DETECTOR_STEP', '99999999999999999999d', 'expected 5s to 1h'],
    ['FAULTLINE_DETECTOR_FALSE_ALARM_EVERY', '0s', 'expected 1d to 3650d'],
    ['FAULTLINE_SELF_TELEMETRY_INTERVAL', '0s', 'expected 1s to 1h'],
    ['FAULTLINE_RETENTION_TRACES', '0d', 'expected 1h to 3650d'],
    ['FAULTLINE_DETECTOR_RELEARN_AFTER', '99999999999999999999d', 'expected 0s to 3650d'],
    ['FAULTLINE_PROMQL_TIMEOUT', '0s', 'expected 1ms to 1d'],
    ['FAULTLINE_ALERTS_DELIVERY_INITIAL_BACKOFF', '0s', 'expected 1ms to 1d'],
    ['FAULTLINE_COLLECTOR_INSERT_INTERVAL', '30d', 'expected 0ms to 1h'],
  ])('refuses %s=%s', (variable, value, fault) => {
    expect(() => loadConfig({ env: { [variable]: value } })).toThrow(`${variable}: ${fault}`);
  });

  it('says in which units durations and sizes are', () => {
    expect(() => loadConfig({ env: { FAULTLINE_DETECTOR_STEP: '15sec', FAULTLINE_COLLECTOR_MAX_BODY: '0', FAULTLINE_PROMQL_CACHE: '128MB', FAULTLINE_PROMQL_RECENT: '5' } })).toThrow(/MAX_BODY: expected a size such as 20MiB, in B, KiB, MiB, GiB or TiB\n.*DETECTOR_STEP: expected a duration such as 30s, in ms, s, m, h or d\n.*PROMQL_RECENT: expected a size such as 20MiB, in B, KiB, MiB, GiB or TiB, or 0\n.*PROMQL_CACHE: expected a size such as 20MiB, in B, KiB, MiB, GiB or TiB, or 0/);
    expect(settings.find(({ env }) => env === 'FAULTLINE_CLICKHOUSE_HTTP_PORT')?.type).toBe('integer from 0 to 65535 \\| auto');
    expect(settings.find(({ env }) => env === 'FAULTLINE_DETECTOR_SENSITIVITY')?.type).toBe('number from 0.25 to 4');
  });
  it('takes durations of nothing where they mean something', () => {
    const env = { FAULTLINE_DETECTOR_DELAY: '0s', FAULTLINE_INCIDENTS_REOPEN_WITHIN: '0s', FAULTLINE_COLLECTOR_COMMIT_INTERVAL: '0ms', FAULTLINE_DETECTOR_STEP: '1h' };
    expect(loadConfig({ env })).toMatchObject({ detector: { delay: 0, step: 3_600_000 }, incidents: { reopen_within: 0 }, collector: { commit_interval: 0 } });
  });

  it.each(['0', '"0"', '0B'])('keeps no samples in memory at a size of %s', (size) => {
    expect(loadConfig({ env: { FAULTLINE_PROMQL_CACHE: size }, file: fileWith(`promql:\n  recent: ${size}\n`) })).toMatchObject({ promql: { recent: 0, cache: 0 } });
  });

  it('takes an empty variable as none, also that of the file', () => {
    const env = { FAULTLINE_CONFIG: '', FAULTLINE_HTTP_PORT: '' };
    expect(loadConfig({ env })).toMatchObject({ http_port: 8080 });
    expect(configFileOf({ env })).toBe('faultline.yaml');
  });

  it('describes every setting', () => {
    expect(settings.filter((setting) => setting.description === '').map((setting) => setting.env)).toEqual([]);
  });
});
