import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { makeCertificate } from '../../../test/certificate.js';
import { hasMailServer, startMailServer, type MailServer, type MailServerOptions } from '../../../test/mail-server.js';
import { deliver, incident, only, over, testNotification } from '../testing.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-mail-'));
let server: MailServer | undefined;
afterEach(() => server?.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(options: MailServerOptions = {}): Promise<MailServer> {
  server = await startMailServer(options);
  return server;
}
/** The server tells of a mail after it has taken it. */
const arrived = async (mails: MailServer['mails'], count: number): Promise<MailServer['mails']> => {
  await vi.waitFor(() => expect(mails).toHaveLength(count), { timeout: 20_000 });
  return mails;
};
const mailer = (port: number, more: string, to = 'sre@f.example') => only(`receivers: [{ name: a, email_configs: [{ smarthost: 'localhost:${port}', from: 'Faultline <alerts@f.example>', to: '${to}'${more} }] }]`, folder);

describe.skipIf(!hasMailServer)('a mail', () => {
  it('is text and HTML, and one thread per group, over STARTTLS with the password of the moment', async () => {
    makeCertificate(folder);
    const { port, mails } = await open({ cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), password: 's3cret' });
    writeFileSync(join(folder, 'password'), 'wrong');
    const mail = await mailer(port, ", hello: f.example, auth_username: me, auth_password_file: password, tls_config: { ca_file: cert.pem }, headers: { X-Team: '{{ .CommonLabels.service }}' }", 'sre@f.example, Two <two@f.example>');
    const body = mail.render(testNotification([incident]));
    expect(await deliver(mail, { id: 'm1', body })).toMatchObject({ outcome: 'again', reason: expect.stringContaining('did not accept the user and password') });
    writeFileSync(join(folder, 'password'), 's3cret\n');
    expect(await deliver(mail, { id: 'm1', body })).toEqual({ outcome: 'delivered' });
    await deliver(mail, { id: 'm2', body: mail.render(testNotification([over(incident)])) });
    expect(body).not.toContain('s3cret');
    const [first, second] = await arrived(mails, 2);
    expect(first).toMatchObject({ from: 'alerts@f.example', to: ['sre@f.example', 'two@f.example'], tls: true, user: 'me', hello: 'f.example' });
    expect(first?.headers).toMatchObject({ subject: 'Open: checkout: errors 0.2 % → 38 %, first in payment', 'x-team': 'payment', 'auto-submitted': 'auto-generated', 'message-id': '<m1@f.example>' });
    expect(second?.headers).toMatchObject({ subject: 'Resolved: checkout: errors 0.2 % → 38 %, first in payment', references: first?.headers['references'], 'message-id': '<m2@f.example>' });
    expect(first?.parts.map(({ type }) => type)).toEqual(['text/plain', 'text/html']);
    expect(first?.parts[0]?.text.replaceAll('\r', '')).toContain('Cause: payment (80 %): its errors rose first\nImpact: payment, checkout\nhttps://f.example/incidents/inc-1');
    expect(first?.parts[1]?.text).toContain('<a href="https://f.example/incidents/inc-1"');
  });

  it('signs in by LOGIN too', async () => {
    makeCertificate(folder);
    const { port, mails } = await open({ cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), password: 's3cret', without: ['PLAIN'] });
    const mail = await mailer(port, ', auth_username: me, auth_password: s3cret, tls_config: { insecure_skip_verify: true }');
    expect(await deliver(mail, { id: 'm1', body: mail.render(testNotification()) })).toEqual({ outcome: 'delivered' });
    expect((await arrived(mails, 1))[0]).toMatchObject({ tls: true, user: 'me' });
  });

  it('is never sent in the clear unless require_tls is false', async () => {
    const { port, mails } = await open();
    const strict = await mailer(port, '');
    await expect(deliver(strict, { id: 'm1', body: strict.render(testNotification()) }).then((verdict) => { if (verdict.outcome !== 'delivered') throw new Error(verdict.reason); })).rejects.toThrow(/STARTTLS/);
    expect(mails).toEqual([]);
    const plain = await mailer(port, ', require_tls: false, text: ""');
    expect(await deliver(plain, { id: 'm1', body: plain.render(testNotification()) })).toEqual({ outcome: 'delivered' });
    expect((await arrived(mails, 1))[0]).toMatchObject({ tls: false, user: null, parts: [{ type: 'text/html' }] });
  });

  it.each([['nobody@f.example', 'dead'], ['later@f.example', 'again']])('to %s is %s', async (to, outcome) => {
    const { port } = await open();
    const mail = await mailer(port, ', require_tls: false', to);
    const verdict = await deliver(mail, { id: 'm1', body: mail.render(testNotification()) });
    expect(verdict).toMatchObject({ outcome });
    expect(JSON.stringify(verdict)).not.toContain(to);
  });

  it('goes to no forbidden address, by number or by name', async () => {
    const body = (await mailer(25, '')).render(testNotification());
    const [literal, named] = await Promise.all(['169.254.169.254:25', 'localhost:25'].map((host) => only(`receivers: [{ name: a, email_configs: [{ smarthost: '${host}', from: a@f.example, to: b@f.example }] }]`)));
    if (!literal || !named) throw new Error('two are made');
    await expect(deliver(literal, { id: 'm1', body })).rejects.toMatchObject({ retryable: false });
    await expect(deliver(named, { id: 'm1', body }, { allow_private_addresses: false })).rejects.toMatchObject({ retryable: false });
  });
});
