import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, type Clock } from '#core/clock.js';

export const SESSION_MS = 7 * DAY_MS;
/** A session in use is given a new end this often. */
const RENEWED_MS = 3_600_000;
const KEY_BYTES = 32;

/** A session is a signed cookie: whose, which, until when. Signed with the password's hash too, so that another password ends it. */
export interface Sessions {
  /** Of this installation alone: cookies do not tell ports apart. */
  readonly cookie: string;
  open(name: string): string;
  /** Whose it is, and what to put in its place when it is due. */
  read(value: string): { readonly name: string; readonly renewed: string | undefined } | undefined;
  /** Signed out: it is refused from now on, also after a start. */
  close(value: string): void;
}

interface Claims {
  readonly name: string;
  readonly id: string;
  readonly until: number;
}

export interface SessionsOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  /** The text of a user's password hash; undefined for who is no user. */
  readonly hashOf: (name: string) => string | undefined;
}

export function openSessions({ dataDir, clock, hashOf }: SessionsOptions): Sessions {
  const key = keyIn(join(dataDir, 'session.key'));
  const closedFile = join(dataDir, 'session.closed');
  const closed = readClosed(closedFile, clock());

  const sign = (payload: string, hash: string): Buffer => createHmac('sha256', key).update(`${payload}\n${hash}`).digest();
  function write(claims: Claims): string {
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${payload}.${sign(payload, hashOf(claims.name) ?? '').toString('base64url')}`;
  }
  function claimsOf(value: string): Claims | undefined {
    const [payload = '', signature = ''] = value.split('.');
    const claims = parsed(payload);
    const hash = claims && hashOf(claims.name);
    if (!claims || hash === undefined) return undefined;
    const given = Buffer.from(signature, 'base64url');
    const right = sign(payload, hash);
    return given.length === right.length && timingSafeEqual(given, right) && claims.until > clock() && !closed.has(claims.id) ? claims : undefined;
  }

  return {
    cookie: `faultline-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`,
    open: (name) => write({ name, id: randomBytes(12).toString('base64url'), until: clock() + SESSION_MS }),
    read(value) {
      const claims = claimsOf(value);
      if (!claims) return undefined;
      const until = clock() + SESSION_MS;
      return { name: claims.name, renewed: until - claims.until >= RENEWED_MS ? write({ ...claims, until }) : undefined };
    },
    close(value) {
      const claims = claimsOf(value);
      if (!claims) return;
      // A renewal of it may be under way.
      const until = clock() + SESSION_MS;
      closed.add(claims.id);
      appendFileSync(closedFile, `${claims.id} ${until}\n`, { mode: 0o600 });
    },
  };
}

function parsed(payload: string): Claims | undefined {
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Partial<Claims> | null;
    return claims !== null && typeof claims.name === 'string' && typeof claims.id === 'string' && typeof claims.until === 'number' ? (claims as Claims) : undefined;
  } catch {
    return undefined;
  }
}

/** Made at the first start; nobody else may read it. */
function keyIn(file: string): Buffer {
  const known = readOr(file);
  if (known?.length === KEY_BYTES) {
    chmodSync(file, 0o600);
    return known;
  }
  const key = randomBytes(KEY_BYTES);
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

/** The sessions that were signed out and would not be over otherwise; the file keeps no others. */
function readClosed(file: string, now: number): Set<string> {
  const text = readOr(file)?.toString('utf8') ?? '';
  const lines = text.split('\n').filter((line) => Number(line.split(' ')[1]) > now);
  if (text !== '') writeFileSync(file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  return new Set(lines.map((line) => line.split(' ')[0] ?? ''));
}

function readOr(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
