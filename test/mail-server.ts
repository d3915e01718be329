import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** Debian's python3-aiosmtpd; tests that need it are left out, with a notice, where it is not installed. */
export const hasMailServer = spawnSync('/usr/bin/python3', ['-c', 'import aiosmtpd']).status === 0;
if (!hasMailServer) console.log('python3-aiosmtpd is not installed: the tests against a mail server are left out');

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly tls: boolean;
  readonly user: string | null;
  readonly hello: string;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: readonly { readonly type: string; readonly text: string }[];
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  stop(): Promise<void>;
}

const SCRIPT = `
import email, json, signal, ssl, sys
from email import policy
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
options = json.loads(sys.argv[1])
class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith('nobody'): return '550 no such mailbox: ' + address
        if address.startswith('later'): return '451 come again'
        envelope.rcpt_tos.append(address)
        return '250 OK'
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=policy.default)
        parts = [{'type': part.get_content_type(), 'text': part.get_content()} for part in message.walk() if not part.is_multipart()]
        user = session.auth_data.login.decode() if session.auth_data else None
        print(json.dumps({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'tls': session.ssl is not None, 'user': user, 'hello': session.host_name, 'headers': {name.lower(): str(value) for name, value in message.items()}, 'parts': parts}), flush=True)
        return '250 taken'
def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b'me' and data.password == options['password'].encode(), handled=False, auth_data=data)
extra = {}
if options['cert']:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options['cert'], options['key'])
    if options['wrapped']: extra['ssl_context'] = context
    else: extra['tls_context'] = context
if options['password']: extra.update(authenticator=authenticate, auth_required=True, auth_require_tls=bool(options['cert']) and not options['wrapped'], auth_exclude_mechanism=options['without'])
controller = Controller(Handler(), hostname='127.0.0.1', port=options['port'], **extra)
controller.start()
print('ready', flush=True)
signal.sigwait([signal.SIGTERM, signal.SIGINT])
controller.stop()
`;

export interface MailServerOptions {
  /** Files: with them it offers STARTTLS, or speaks TLS from the start. */
  readonly cert?: string;
  readonly key?: string;
  readonly wrapped?: boolean;
  /** Of the user `me`, who must sign in then. */
  readonly password?: string;
  /** Ways of signing in that it does not offer. */
  readonly without?: readonly string[];
}

/** A real SMTP server on a free port, ready. */
export async function startMailServer({ cert = '', key = '', wrapped = false, password = '', without = [] }: MailServerOptions = {}): Promise<MailServer> {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number };
      probe.close(() => resolve(free));
    });
  });
  const child = spawn('/usr/bin/python3', ['-W', 'ignore', '-c', SCRIPT, JSON.stringify({ port, cert, key, wrapped, password, without })], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const mails: ReceivedMail[] = [];
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') resolve();
      else mails.push(JSON.parse(line) as ReceivedMail);
    });
  });
  await Promise.race([ready, ended.then(() => Promise.reject(new Error('the mail server did not start')))]);
  return {
    port,
    mails,
    async stop() {
      child.kill();
      await ended;
    },
  };
}
