import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.js';
import { hasMailServer, startMailServer, type MailServer, type MailServerOptions } from '../../../test/mail-server.js';
import { deliver, incident, only, orders, testNotification } from '../testing.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-email-'));
const servers: MailServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(options: MailServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer(options);
  servers.push(server);
  return server;
}
const yaml = (port: number, more = '', to = 'ops@example.com'): string => `receivers: [{ name: ops, email_configs: [{ to: '${to}', from: 'Faultline <faultline@example.com>', smarthost: 'localhost:${port}'${more} }] }]`;

describe.skipIf(!hasMailServer)('a mail', () => {
  it('arrives as HTML and text, in the thread of its group, over TLS and signed in', async () => {
    makeCertificate(folder);
    writeFileSync(join(folder, 'password'), 's3cret\n');
    const server = await open({ cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), password: 's3cret' });
    const mail = await only(yaml(server.port, ', auth_username: me, auth_password_file: password, tls_config: { ca_file: cert.pem }, hello: faultline.example.com'), folder);
    const body = mail.render(testNotification([incident]));
    expect(body).not.toContain('s3cret');
    expect(await deliver(mail, { id: 'msg_1', body })).toEqual({ outcome: 'delivered' });
    const [got] = server.mails;
    expect(got).toMatchObject({ from: 'faultline@example.com', to: ['ops@example.com'], tls: true, user: 'me', hello: 'faultline.example.com', headers: { to: 'ops@example.com', 'message-id': '<msg_1@example.com>', 'auto-submitted': 'auto-generated' } });
    expect(got?.headers['subject']).toContain('checkout: errors');
    expect(got?.headers['references']).toMatch(/^<[0-9a-f]{32}\.group@example\.com>$/);
    expect(got?.parts.map(({ type }) => type).toSorted((a, b) => a.localeCompare(b))).toEqual(['text/html', 'text/plain']);
    for (const { text } of got?.parts ?? []) expect(text).toContain('https://f.example/incidents/inc-1');
  });

  it('is not sent in the clear unless that is allowed', async () => {
    const server = await open();
    const body = (await only(yaml(server.port))).render(testNotification([orders]));
    expect(await deliver(await only(yaml(server.port)), { id: 'm', body })).toMatchObject({ outcome: 'again', reason: expect.stringContaining('STARTTLS') });
    expect(server.mails).toEqual([]);
    expect(await deliver(await only(yaml(server.port, ', require_tls: false')), { id: 'm', body })).toEqual({ outcome: 'delivered' });
    expect(server.mails).toMatchObject([{ tls: false, headers: { subject: expect.stringContaining('OrdersFail') } }]);
  });

  it.each([['nobody@example.com', 'dead'], ['later@example.com', 'again']])('to %s is %s', async (to, outcome) => {
    const server = await open();
    const mail = await only(yaml(server.port, ', require_tls: false', to));
    expect(await deliver(mail, { id: 'm', body: mail.render(testNotification([orders])) })).toMatchObject({ outcome });
  });

  it('is tried again with another password, and never sent to a forbidden address', async () => {
    const server = await open({ password: 'right' });
    const mail = await only(yaml(server.port, ', require_tls: false, auth_username: me, auth_password: wrong'));
    const message = { id: 'm', body: mail.render(testNotification([orders])) };
    expect(await deliver(mail, message)).toMatchObject({ outcome: 'again', reason: expect.stringContaining('did not accept the user and password') });
    await expect(deliver(mail, message, { allow_private_addresses: false })).rejects.toMatchObject({ retryable: false });
  });
});
