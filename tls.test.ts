import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Certificate } from '#core/http-server.js';
import { makeCertificate } from './test/certificate.js';
import { openTls, tlsConfig } from './tls.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-tls-'));
afterAll(() => {
  for (const each of [folder, other]) rmSync(each, { recursive: true });
});
const config = { cert_file: join(folder, 'cert.pem'), key_file: join(folder, 'key.pem') };
const other = mkdtempSync(join(tmpdir(), 'faultline-tls-'));
const open = (registry = new Registry()) => openTls({ config, registry, logger: silentLogger, clock: systemClock, watchMs: 10 });

it('says what is wrong with the files', () => {
  expect(tlsConfig.safeParse({ cert_file: 'x' }).error?.issues[0]?.message).toContain('give both');
  expect(open).toThrow(/cert\.pem cannot be read: ENOENT/);
  for (const file of Object.values(config)) writeFileSync(file, 'x');
  expect(open).toThrow(/cert\.pem holds no certificate as PEM/);
  makeCertificate(folder);
  writeFileSync(config.key_file, 'y');
  expect(open).toThrow(/key\.pem holds no private key as PEM without a password/);
  makeCertificate(folder);
  writeFileSync(config.key_file, makeCertificate(other).key);
  expect(open).toThrow(/key\.pem is not the key of .*cert\.pem/);
  expect(openTls({ config: tlsConfig.parse({}), registry: new Registry(), logger: silentLogger, clock: systemClock })).toBeUndefined();
});

it('takes up a renewed certificate once its key is there too, and tells when it ends', async () => {
  const [first, second] = [makeCertificate(folder, 1), makeCertificate(other, 2)];
  const registry = new Registry();
  const tls = open(registry);
  const shown: string[] = [];
  tls?.follow(({ cert }: Certificate) => shown.push(cert.toString()));
  await tls?.start();
  const endsAt = async (): Promise<number> => Number(/^faultline_server_certificate_expiry_timestamp_seconds (\S+)/m.exec(await registry.metrics())?.[1]) * 1000;
  const before = await endsAt();
  expect(Math.abs(before - Date.now() - 86_400_000)).toBeLessThan(60_000);
  writeFileSync(config.cert_file, second.cert);
  await vi.waitFor(async () => expect(await registry.metrics()).toContain('certificate_last_reload_successful 0'), { timeout: 20_000 });
  expect(shown).toEqual([first.cert]);
  writeFileSync(config.key_file, second.key);
  await vi.waitFor(() => expect(shown).toEqual([first.cert, readFileSync(config.cert_file, 'utf8')]), { timeout: 20_000 });
  expect(await endsAt()).toBeGreaterThan(before + 80_000_000);
  expect(await registry.metrics()).toContain('certificate_last_reload_successful 1');
  await tls?.stop();
});
