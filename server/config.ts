import { isIP } from 'node:net';
import { z } from 'zod';
import { inAddress } from '#core/loopback.js';
import { authConfig } from './auth/config.js';

/** Names that express knows for addresses that are nobody else's. */
const KNOWN = ['loopback', 'linklocal', 'uniquelocal'];

/** What express takes for proxies: an address, a range of them by bits or by netmask, or one of its names. */
function isProxies(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return KNOWN.includes(text);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (version === 6 ? 128 : 32)) || (version === 4 && isNetmask(bits));
}

const isNetmask = (text: string): boolean => isIP(text) === 4 && /^1+0*$/.test(text.split('.').map((byte) => Number(byte).toString(2).padStart(8, '0')).join(''));

export const serverConfig = z.strictObject({
  allowed_hosts: z.array(z.string().refine((text) => !/\*|:\/\//.test(text) && URL.canParse(`http://${inAddress(text)}`), 'expected a name such as faultline.example.com, without https:// and without *')).prefault([]).describe('Further names by which browsers may reach the dashboard, such as `faultline.example.com`. Loopback names, the bound address and that of `public_url` always may.'),
  trusted_proxies: z.array(z.string().refine(isProxies, 'expected an address or a range such as 127.0.0.1 or 10.0.0.0/8')).prefault([]).describe('Addresses of reverse proxies, such as `127.0.0.1` or `10.0.0.0/8`, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.'),
  auth: authConfig.prefault({}),
});
export type ServerConfig = z.output<typeof serverConfig>;
