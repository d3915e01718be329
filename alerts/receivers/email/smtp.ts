import { connect, isIP, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { PipelineError } from '#core/errors.js';
import type { DeliveryConfig } from '../../config.js';
import { guardedLookup, mayReach, refused } from '../../outbox/addresses.js';
import { errorCode, type TlsOptions } from '../../outbox/post.js';
import type { Verdict } from '../../outbox/verdict.js';

/** A mail as the outbox keeps it. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  /** As the headers have them. */
  readonly shownFrom: string;
  readonly shownTo: string;
  readonly subject: string;
  /** Left out when empty. */
  readonly html: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Mails of one group are one thread. */
  readonly group: string;
}

/** The server that takes it, and how. */
export interface Smarthost {
  /** Of the message: a server that gets it twice can tell. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly hello: string;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
  /** Nothing is sent in the clear, the password neither. */
  readonly requireTls: boolean;
  readonly tls: TlsOptions;
}

/** TLS from the first byte on: https://www.rfc-editor.org/rfc/rfc8314 */
const SUBMISSIONS = 465;

/** One attempt to hand a mail to its server. Throws PipelineError DELIVERY_FAILED when the server may not or cannot be reached. */
export async function sendMail(mail: Mail, server: Smarthost, { timeout, allow_private_addresses: allowPrivate }: Pick<DeliveryConfig, 'timeout' | 'allow_private_addresses'>, signal: AbortSignal): Promise<Verdict> {
  const expired = AbortSignal.timeout(timeout);
  const ended = AbortSignal.any([signal, expired]);
  const unreachable = (why: string, cause: unknown): PipelineError => new PipelineError('DELIVERY_FAILED', `${server.host}:${server.port} ${why}`, { cause });
  const slow = `did not take the mail within ${timeout} ms`;
  let socket: Socket;
  try {
    socket = await open(server, allowPrivate, ended);
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause;
    throw unreachable(expired.aborted ? slow : `could not be reached: ${errorCode(cause)}`, cause);
  }
  const stop = (): void => void socket.destroy();
  ended.addEventListener('abort', stop, { once: true });
  const domain = /@([\w.-]+)>?\s*$/.exec(mail.from)?.[1] ?? 'faultline.invalid';
  const transport = createTransport({
    host: server.host, port: server.port, name: server.hello, secure: server.port === SUBMISSIONS, requireTLS: server.requireTls,
    ...(server.auth && { auth: server.auth }), tls: server.tls, connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout, disableFileAccess: true, disableUrlAccess: true,
    getSocket: (_options: unknown, done: (error: Error | null, socket: { connection: Socket }) => void) => done(null, { connection: socket }),
  });
  try {
    await transport.sendMail({
      from: mail.shownFrom, to: mail.shownTo, subject: mail.subject, envelope: { from: mail.from, to: mail.to },
      ...(mail.html && { html: mail.html }), ...(mail.text && { text: mail.text }),
      messageId: `<${server.id.replace(/[^\w.-]/g, '')}@${domain}>`, inReplyTo: `<${mail.group}.group@${domain}>`, references: `<${mail.group}.group@${domain}>`,
      headers: { 'Auto-Submitted': 'auto-generated', ...mail.headers }, disableFileAccess: true, disableUrlAccess: true,
    });
    return { outcome: 'delivered' };
  } catch (error) {
    const { code = '', responseCode } = error as { readonly code?: string; readonly responseCode?: number };
    if (ended.aborted || responseCode === undefined) {
      if (code === 'EENVELOPE') return { outcome: 'dead', reason: 'the mail names no sender or nobody to get it' };
      throw unreachable(expired.aborted ? slow : (WHY[code] ?? `broke off: ${errorCode(error)}`), error);
    }
    const reason = `the mail server answered ${responseCode}${WHY[code] ? `: ${WHY[code]}` : ''}`;
    // A password that is changed, in its file, makes a refused sign-in good; other answers from 500 on are final. Source: RFC 5321, 4.2.1
    return responseCode >= 500 && code !== 'EAUTH' ? { outcome: 'dead', reason } : { outcome: 'again', reason, retryAfterMs: null };
  } finally {
    ended.removeEventListener('abort', stop);
    transport.close();
    socket.destroy();
  }
}

/** Fixed words: what a server says can hold what was sent to it. */
const WHY: Readonly<Record<string, string>> = {
  EAUTH: 'it did not accept the user and password', ETLS: 'does not speak STARTTLS as require_tls asks', EENVELOPE: 'it refused the sender or everybody it was for', EMESSAGE: 'it refused the content', ESOCKET: 'broke the connection off',
  ENOAUTH: 'it did not accept the user and password',
};

/** A connection to an address that may be reached: the very one that was looked up. */
async function open({ host, port }: Smarthost, allowPrivate: boolean, signal: AbortSignal): Promise<Socket> {
  if (isIP(host) !== 0 && !mayReach(host, allowPrivate)) throw refused(host);
  return new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host, port, lookup: guardedLookup(allowPrivate), signal });
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
