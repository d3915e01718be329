import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pages } from './generate.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it.each(Object.entries(pages))('docs/%s says what the code says (npm run docs)', (name, page) => {
  expect(read(name)).toBe(page());
});

it('docs/api.md tells which values a field has, whether it is required, and what it holds', () => {
  const api = read('api.md');
  expect(api).toContain('| `severity` | body | yes |  | null: as the evidence says; one of critical, warning, info, null |');
  expect(api).toContain('| `detail.kind` | body | yes |  | one of instance, operation, metric, change |');
  expect(api).toMatch(/`drafts\[\]\.match` \| body \| yes \|.*holds series, service, kind/);
});

it('docs/errors.md has every code', () => {
  const page = read('errors.md');
  const codes = ['core/errors.ts', 'server/auth/guard.ts', 'server/security.ts', 'server/route.ts'].flatMap((path) => [...read(`../${path}`).matchAll(/'([A-Z_]{8,})'/g)].map(([, code]) => code));
  expect(codes.filter((code) => !page.includes(`\n| ${code} | `))).toEqual([]);
});

it('docs/metrics.md has every metric that is declared', () => {
  const rooms = ['alerts', 'collector', 'detector', 'promql', 'server', 'store'].flatMap((room) => readdirSync(new URL(`../${room}/`, import.meta.url), { recursive: true, encoding: 'utf8' }).map((path) => `../${room}/${path}`));
  const declared = [...rooms, '../main.ts', '../self-telemetry.ts', '../tls.ts'].filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts')).flatMap((path) => [...read(path).matchAll(/(faultline_\w+): \{ type: '/g)].map(([, name]) => name));
  const page = read('metrics.md');
  expect(declared.length).toBeGreaterThan(70);
  expect(declared.filter((name) => !page.includes(`\n| \`${name}\` | `))).toEqual([]);
});
