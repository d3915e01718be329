import type { IncomingHttpHeaders } from 'node:http';

/** What a request brings to say who it is. */
export type Credential = { readonly kind: 'token'; readonly token: string } | { readonly kind: 'password'; readonly name: string; readonly password: string };

/** Of an Authorization header: undefined for none, and for one that is neither Basic nor Bearer. */
export function credentialOf(authorization: string | undefined): Credential | undefined {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(authorization ?? '') ?? [];
  if (/^bearer$/i.test(scheme)) return { kind: 'token', token: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { kind: 'password', name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Of the headers that ClickHouse's own clients send, or of Authorization. */
export function clickHouseCredential(headers: IncomingHttpHeaders): Credential | undefined {
  const name = headers['x-clickhouse-user'];
  return typeof name === 'string' && name !== '' ? { kind: 'password', name, password: String(headers['x-clickhouse-key'] ?? '') } : credentialOf(headers.authorization);
}
