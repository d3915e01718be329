import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { runUnitFile } from '../commands/rules.js';
import { loadConfig } from '../config.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const service = z.looseObject({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  environment: z.record(z.string(), z.string()).prefault({}),
  env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })).prefault([]),
  ports: z.array(z.string()).prefault([]),
  volumes: z.array(z.string()).prefault([]),
  depends_on: z.record(z.string(), z.object({ condition: z.literal('service_healthy') })).prefault({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
});
const { services, volumes } = z.object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) }).parse(parse(read('docker-compose.yml')));
const dockerfile = read('deploy/Dockerfile');
/** `${NAME:-value}` → value, as compose does without an .env file. */
const filled = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

describe('docker compose', () => {
  it('pins every image and opens ports to this machine only', () => {
    for (const { image, ports } of Object.values(services)) {
      expect(image).toMatch(/:v?\d+\.\d+/);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(image).toMatch(/:\d+\.\d+/);
  });
  it('mounts files that exist and volumes that are declared, and waits only for services that say when they are well', () => {
    for (const { volumes: mounts, depends_on } of Object.values(services)) {
      for (const mount of mounts) {
        const [source = ''] = mount.split(':');
        if (source.startsWith('./')) expect([source, existsSync(new URL(source, root)), mount.endsWith(':ro')]).toEqual([source, true, true]);
        else expect(volumes).toHaveProperty(source);
      }
      for (const name of Object.keys(depends_on)) expect(services[name]?.healthcheck !== undefined || services[name]?.build !== undefined, name).toBe(true);
    }
    for (const [name, { healthcheck, build }] of Object.entries(services)) expect(healthcheck !== undefined || (build !== undefined && dockerfile.includes('\nHEALTHCHECK ')), name).toBe(true);
  });
  it('gives Faultline a configuration that it accepts, under names that its guard knows', () => {
    const image = Object.fromEntries([...dockerfile.matchAll(/(FAULTLINE_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
    const env = Object.fromEntries(Object.entries(services['faultline']?.environment ?? {}).map(([name, value]) => [name, filled(value)]));
    const files = services['faultline']?.env_file ?? [];
    const settings = Object.fromEntries(files.filter(({ required }) => required).flatMap(({ path }) => [...read(path).matchAll(/^(\w+)='?(.*?)'?$/gm)].map(([, name, value]) => [name, value])));
    const config = loadConfig({ env: { ...image, ...settings, ...env } });
    // A file of one's own says more, and is in no image.
    expect(files.at(-1)).toEqual({ path: 'faultline.env', required: false });
    expect(Object.keys(env)).toEqual(['CLICKHOUSE_URL']);
    expect(config).toMatchObject({ host: '0.0.0.0', data_dir: '/data', public_url: 'http://localhost:8080', server: { allowed_hosts: ['faultline'] } });
    const url = new URL(config.clickhouse_url);
    const server = services['clickhouse']?.environment ?? {};
    expect([url.hostname, url.username, url.password, url.pathname]).toEqual(['clickhouse', server['CLICKHOUSE_USER'], filled(server['CLICKHOUSE_PASSWORD'] ?? ''), `/${server['CLICKHOUSE_DB']}`]);
  });
  it('points Prometheus and Grafana at services of this file', () => {
    const hosts = [read('deploy/prometheus.yml'), read('deploy/grafana-datasources.yaml')].flatMap((text) => [...text.matchAll(/(?:targets: \['|url: http:\/\/|host: )([a-z]+)/g)].map(([, host]) => host));
    expect(new Set(hosts)).toEqual(new Set(['faultline', 'alertmanager', 'clickhouse']));
    expect(services['grafana']?.environment['GRAFANA_CLICKHOUSE_PASSWORD']).toBe(services['clickhouse']?.environment['GRAFANA_CLICKHOUSE_PASSWORD']);
  });
  it('builds an image that runs without root, from files of this repository', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    for (const [, sources = ''] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) for (const source of sources.split(' ')) expect(existsSync(new URL(source, root)), source).toBe(true);
    expect(read('deploy/Dockerfile.dockerignore').split('\n')).toEqual(expect.arrayContaining(['**/node_modules', 'data', '.git', '.env', 'faultline.env']));
  });
  it('watches metrics that Faultline exports', () => {
    const known = read('docs/metrics.md');
    for (const [name] of read('deploy/prometheus-rules.yml').matchAll(/faultline_\w+/g)) expect(known).toContain(`| \`${name.replace(/_(count|sum|bucket)$/, '')}\` |`);
  });
  it('says of each alert what to do, fires when it should and is quiet of a Faultline that is well', async () => {
    const page = read('docs/operate.md');
    const rules = read('deploy/prometheus-rules.yml');
    expect([...rules.matchAll(/- alert: /g)]).toHaveLength([...rules.matchAll(/runbook: docs\/operate\.md#/g)].length);
    for (const [, anchor] of rules.matchAll(/runbook: docs\/operate\.md#(\S+)/g)) expect(page).toContain(`<a id="${anchor}">`);
    expect(await runUnitFile(fileURLToPath(new URL('deploy/prometheus-rules.test.yml', root)))).toEqual([]);
  });
});
