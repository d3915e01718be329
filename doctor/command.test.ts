import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../test/certificate.js';
import { dataFolder, freePorts, runCommand, startProduct } from '../test/product.js';
import { checkDisk, checkMachine, checkQueueDisk, type Machine } from './machine.js';

const portsOf = async (): Promise<Record<string, string>> => {
  const { http, otlpHttp, otlpGrpc } = await freePorts();
  return { FAULTLINE_HTTP_PORT: String(http), FAULTLINE_OTLP_HTTP_PORT: String(otlpHttp), FAULTLINE_OTLP_GRPC_PORT: String(otlpGrpc) };
};

describe('faultline doctor', () => {
  it('finds everything in order on this machine, and says which provider runs the models and why not the others', async () => {
    const { status, output } = await runCommand(['doctor'], { FAULTLINE_DATA_DIR: dataFolder(), ...(await portsOf()) });
    expect(output).toMatch(/ok +clickhouse +embedded 2\d\.\d+/);
    expect(output).toMatch(/ok +provider (cpu|webgpu|cuda) +in use; seasonal answers within \de-\d+ of what is known, [\d.]+ ms for 1000 series; robust answers/);
    expect(output).toMatch(/provider cuda +(not used: its provider files are not installed|in use)/);
    expect(output).toContain('Everything that Faultline needs works here.');
    expect(status).toBe(0);
  });

  it('names what is broken and what to do about it, all at once', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as AddressInfo;
    const { status, output } = await runCommand(['doctor'], { FAULTLINE_DATA_DIR: dataFolder(), ...(await portsOf()), FAULTLINE_OTLP_HTTP_PORT: String(port), CLICKHOUSE_URL: 'http://somebody:hunter2@127.0.0.1:1/faultline' });
    taken.close();
    expect(output).toMatch(new RegExp(`BROKEN +port otlp/http +${port} is in use by another program; set FAULTLINE_OTLP_HTTP_PORT`));
    expect(output).toMatch(/BROKEN +clickhouse +the server at 127\.0\.0\.1:1 does not answer/);
    expect(output).not.toContain('hunter2');
    expect(output).toContain('2 things that Faultline needs are broken here.');
    expect(status).toBe(1);
    const unread = await runCommand(['doctor'], { ...(await portsOf()), FAULTLINE_DETECTOR_STEPS: '1' });
    expect(unread.output).toMatch(/BROKEN +configuration +the configuration has a fault:\n +FAULTLINE_DETECTOR_STEPS: no such setting/);
    expect(unread.status).toBe(1);
  });

  it('says who may do what, and whether it can be overheard', async () => {
    const folder = dataFolder();
    makeCertificate(folder, 5);
    const env = { FAULTLINE_DATA_DIR: folder, FAULTLINE_HOST: '0.0.0.0', ...(await portsOf()), FAULTLINE_TLS_CERT_FILE: join(folder, 'cert.pem'), FAULTLINE_TLS_KEY_FILE: join(folder, 'key.pem') };
    const { output } = await runCommand(['doctor'], env);
    expect(output).toMatch(/warning +login +nobody has to sign in, and the ports are open to the network/);
    expect(output).toMatch(/warning +tls +\S+cert\.pem ends on 20\S+, in [45] days; renew it/);
    const tokens = JSON.stringify([{ name: 'ci', role: 'viewer', token_file: '/nowhere' }]);
    const { status, output: faults } = await runCommand(['check-config'], { ...env, FAULTLINE_TLS_KEY_FILE: join(folder, 'cert.pem'), FAULTLINE_SERVER_AUTH_TOKENS: tokens, FAULTLINE_ALERTS_WEBHOOKS: '[{ name: hook, url_file: /nowhere }]' });
    expect(faults).toMatch(/the token ci cannot be read: ENOENT.*\ntls: \S+ holds no private key as PEM.*\nalerts: hook: cannot read \/nowhere/);
    expect(status).toBe(1);
  });

  it('knows a Faultline that runs from a stranger on its ports', async () => {
    const dataDir = dataFolder();
    const product = await startProduct({ FAULTLINE_DATA_DIR: dataDir });
    const { http, otlpHttp, otlpGrpc } = product.ports;
    const { status, output } = await runCommand(['doctor'], { FAULTLINE_DATA_DIR: dataDir, FAULTLINE_HTTP_PORT: String(http), FAULTLINE_OTLP_HTTP_PORT: String(otlpHttp), FAULTLINE_OTLP_GRPC_PORT: String(otlpGrpc) });
    await product.stop();
    expect(output).toMatch(/ok +data +\S+, in use by process \d+/);
    expect(output.match(/is Faultline's own, which runs/g)).toHaveLength(3);
    expect(status).toBe(0);
  });
});

describe('a machine', () => {
  const good: Machine = { node: '20.19.0', platform: 'linux x64', glibc: '2.36', cores: 2, threads: 16, freeBytes: 4e9, totalBytes: 8e9, isLimited: false };
  it.each([
    ['an old Node', { node: '20.18.3' }, 'node', 'broken'],
    ['Alpine', { glibc: undefined }, 'platform', 'broken'],
    ['Windows', { platform: 'win32 x64', glibc: undefined }, 'platform', 'broken'],
    ['few threads', { threads: 4 }, 'threads', 'warning'],
    ['little memory', { freeBytes: 7e8 }, 'memory', 'warning'],
    ['no memory', { freeBytes: 2e8 }, 'memory', 'broken'],
    ['a container as large as is needed', { freeBytes: 472 * 1024 ** 2, totalBytes: 512 * 1024 ** 2, isLimited: true }, 'memory', 'warning'],
    ['a container that is too small', { freeBytes: 300 * 1024 ** 2, totalBytes: 384 * 1024 ** 2, isLimited: true }, 'memory', 'broken'],
  ] as const)('with %s is told so', (_name, change, part, state) => {
    expect(checkMachine({ ...good, ...change }).filter((check) => check.state !== 'ok')).toEqual([{ part, state, text: expect.any(String) }]);
  });

  it('with a disk below its guard is broken, near it a warning', async () => {
    expect(await checkDisk('/', 1)).toMatchObject({ state: 'broken' });
    expect(await checkDisk('/', 0)).toMatchObject({ state: 'ok' });
    expect(await checkDisk('/no/such/folder', 0)).toMatchObject({ state: 'broken' });
  });

  it('beside a ClickHouse server has room for the queue', async () => {
    expect(await checkQueueDisk('/', 1e18)).toMatchObject({ state: 'warning', text: expect.stringContaining('collector.max_queue') });
    expect(await checkQueueDisk('/', 1)).toMatchObject({ state: 'ok' });
  });
});
