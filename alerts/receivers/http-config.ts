import { readFile } from 'node:fs/promises';
import type { SecureVersion } from 'node:tls';
import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import type { PostRequest, TlsOptions } from '../outbox/post.js';
import { readSecret } from '../secret.js';
import { optional } from '../yaml.js';
import { file, flag, oneOf, secret, text } from './scalars.js';

const VERSIONS: Readonly<Record<string, SecureVersion>> = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' };
const version = optional(text.pipe(z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13'])));

export const tlsConfig = z
  .strictObject({ ca: optional(text), ca_file: file, cert: optional(text), cert_file: file, key: optional(secret), key_file: file, server_name: optional(text), insecure_skip_verify: flag, min_version: version, max_version: version })
  .superRefine(oneOf('ca', 'ca_file'))
  .superRefine(oneOf('cert', 'cert_file'))
  .superRefine(oneOf('key', 'key_file'))
  .refine(({ cert, cert_file: certFile, key, key_file: keyFile }) => ((cert ?? certFile) === undefined) === ((key ?? keyFile) === undefined), 'a client certificate needs both cert and key');

const basicAuth = z
  .strictObject({ username: optional(text), username_file: file, password: optional(secret), password_file: file })
  .superRefine(oneOf('username', 'username_file'))
  .superRefine(oneOf('password', 'password_file'));

const authorization = z
  .strictObject({ type: optional(text.refine((type) => type.trim().toLowerCase() !== 'basic', 'for Basic use basic_auth').refine((type) => /^[\w-]+$/.test(type.trim()), 'expected one word')), credentials: optional(secret), credentials_file: file })
  .superRefine(oneOf('credentials', 'credentials_file'));

const HEADER = /^[A-Za-z0-9-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;
const RESERVED = /^(host|connection|content-length|content-type|transfer-encoding|user-agent|authorization)$/i;
const headers = z.record(
  z.string().regex(HEADER, 'expected a header name').refine((name) => !RESERVED.test(name), 'this header is set by Faultline itself'),
  z.strictObject({ values: optional(z.array(text.pipe(z.string().regex(VALUE, 'expected printable ASCII')))), secrets: optional(z.array(secret)), files: optional(z.array(text)) }),
);

const withProxy = 'is not supported: connections are made directly, so that forbidden addresses can be refused';
const unsupported = (message: string) => z.undefined(message).optional();

/** As Alertmanager's, less what would send a message elsewhere than it says. */
export const httpConfig = z
  .strictObject({
    basic_auth: optional(basicAuth),
    authorization: optional(authorization),
    tls_config: optional(tlsConfig),
    http_headers: optional(headers),
    follow_redirects: optional(flag.refine((follow) => follow !== true, 'is not supported: configure the final address')),
    // Faultline speaks HTTP/1.1 either way.
    enable_http2: flag,
    proxy_url: unsupported(withProxy),
    no_proxy: unsupported(withProxy),
    proxy_from_environment: optional(flag.refine((from) => from !== true, withProxy)),
    proxy_connect_header: unsupported(withProxy),
    oauth2: unsupported('is not supported: use authorization with credentials_file'),
    bearer_token: unsupported('is not supported any more: use authorization.credentials'),
    bearer_token_file: unsupported('is not supported any more: use authorization.credentials_file'),
  })
  .superRefine(oneOf('basic_auth', 'authorization'));

export type HttpConfig = z.output<typeof httpConfig>;
export type TlsConfig = z.output<typeof tlsConfig>;

/** What a request needs besides its address and body. */
export type HttpExtras = Pick<PostRequest, 'headers'> & { readonly tls?: TlsOptions };

/** Reads the files anew. `resolve` makes a path absolute. Throws DELIVERY_FAILED, without their content, when one cannot be used. */
export async function httpExtras(config: HttpConfig | undefined, resolve: (path: string) => string): Promise<HttpExtras> {
  const made: Record<string, string> = {};
  for (const [name, { values = [], secrets = [], files = [] }] of Object.entries(config?.http_headers ?? {})) {
    const read = await Promise.all(files.map((path) => readSecret(undefined, resolve(path))));
    made[name] = headerValue([...values, ...secrets, ...read].join(', '), name);
  }
  const { basic_auth: basic, authorization: given } = config ?? {};
  if (basic) {
    const user = (await readSecret(basic.username, resolved(basic.username_file, resolve))) ?? '';
    const password = (await readSecret(basic.password, resolved(basic.password_file, resolve))) ?? '';
    made['authorization'] = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }
  if (given) {
    const credentials = (await readSecret(given.credentials, resolved(given.credentials_file, resolve))) ?? '';
    made['authorization'] = headerValue(`${given.type?.trim() ?? 'Bearer'} ${credentials}`, 'authorization');
  }
  return { headers: made, ...(config?.tls_config && { tls: await tlsOptions(config.tls_config, resolve) }) };
}

/** The options of node:tls. Reads the files anew. */
export async function tlsOptions(config: TlsConfig | undefined, resolve: (path: string) => string): Promise<TlsOptions> {
  if (!config) return {};
  const read = async (value: string | undefined, path: string | undefined): Promise<string | undefined> => (path === undefined ? value : readPem(resolve(path)));
  const [ca, cert, key] = await Promise.all([read(config.ca, config.ca_file), read(config.cert, config.cert_file), read(config.key, config.key_file)]);
  const { server_name: servername, insecure_skip_verify: insecure, min_version: min, max_version: max } = config;
  return {
    ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }), ...(insecure === true && { rejectUnauthorized: false }),
    ...(min && { minVersion: VERSIONS[min] }), ...(max && { maxVersion: VERSIONS[max] }),
  };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new PipelineError('DELIVERY_FAILED', `cannot read ${path}`, { cause });
  }
}

export const resolved = (path: string | undefined, resolve: (path: string) => string): string | undefined => (path === undefined ? undefined : resolve(path));

function headerValue(value: string, name: string): string {
  if (!VALUE.test(value)) throw new PipelineError('DELIVERY_FAILED', `the value of the header ${name} holds more than printable ASCII`);
  return value;
}
