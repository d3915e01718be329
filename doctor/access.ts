import { X509Certificate } from 'node:crypto';
import { DAY_MS } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import { isLoopback } from '#core/loopback.js';
import type { Config } from '../config.js';
import { readAccounts } from '../server/auth/accounts.js';
import { readCertificate } from '../tls.js';
import { absent, broken, ok, warning, type Check } from './check.js';

/** Those who renew certificates do so a month before. */
const SOON_DAYS = 14;

/** Who may do what, and whether it can be overheard. */
export function checkAccess({ host, server, tls }: Pick<Config, 'host' | 'server' | 'tls'>, now: number): Check[] {
  const isOpen = !isLoopback(host);
  return [checkLogin(server, isOpen), checkCertificate(tls, isOpen, now)];
}

function checkLogin({ auth }: Config['server'], isOpen: boolean): Check {
  try {
    const { users, tokens } = readAccounts(auth);
    if (users.size + tokens.size > 0) return ok('login', `${users.size} users, ${tokens.size} tokens`);
    return isOpen ? warning('login', 'nobody has to sign in, and the ports are open to the network: set server.auth (docs/auth.md)') : absent('login', 'nobody has to sign in; only this machine reaches the ports');
  } catch (error) {
    return broken('login', messageOf(error));
  }
}

function checkCertificate(tls: Config['tls'], isOpen: boolean, now: number): Check {
  try {
    const certificate = readCertificate(tls);
    if (!certificate) return absent('tls', isOpen ? 'no certificate: passwords and tokens can be read on their way unless a proxy in front ends TLS' : 'no certificate; only this machine reaches the ports');
    const { validTo } = new X509Certificate(certificate.cert);
    const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
    const text = `${tls.cert_file} ${days < 0 ? 'ended' : 'ends'} on ${new Date(validTo).toISOString().slice(0, 10)}`;
    return days < 0 ? broken('tls', `${text}: clients refuse it; renew it`) : days < SOON_DAYS ? warning('tls', `${text}, in ${days} days; renew it`) : ok('tls', text);
  } catch (error) {
    return broken('tls', messageOf(error));
  }
}
