import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { allows, type Identity, type Refusal, type SenderCheck } from '#core/access.js';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import { createGate } from '../gate.js';
import { createAttempts } from './attempts.js';
import type { AuthConfig } from './config.js';
import { credentialOf, type Credential } from './credentials.js';
import { isPassword, NOBODY, parseHash, type PasswordHash } from './password.js';
import { openSessions, type Sessions } from './sessions.js';

/** Passwords checked at a time, and waiting: each takes 32 MiB. */
const CHECKED = 2;
const WAITING = 32;
/** How long a right password is remembered, so that a scraper does not cost a hash each time. */
const REMEMBERED_MS = 300_000;
const MOST_REMEMBERED = 1_000;
const SHORTEST_TOKEN = 20;

export type Surface = 'dashboard' | 'clickhouse' | 'otlp';

export interface Auth {
  /** Whether anybody has to say who they are. */
  readonly required: boolean;
  /** Who a credential belongs to. Answers at once for tokens and for passwords that it has seen lately. */
  identify(credential: Credential | undefined, address: string): Identity | Refusal | Promise<Identity | Refusal>;
  /** The user whose session it is. */
  user(name: string): Identity | undefined;
  /** Undefined where there are no users. */
  readonly sessions: Sessions | undefined;
  /** For the receivers of telemetry; undefined: anybody may send. */
  readonly senders: SenderCheck | undefined;
  /** The Authorization header of this process's own requests to itself. */
  readonly own: { readonly reader: string; readonly sender: string };
  /** Counts what was refused. */
  refused(surface: Surface, reason: Refusal['reason']): void;
}

export interface AuthOptions {
  readonly config: AuthConfig;
  readonly dataDir: string;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface User {
  readonly identity: Identity;
  readonly text: string;
  readonly hash: PasswordHash;
}

export const isRefusal = (answer: Identity | Refusal): answer is Refusal => 'reason' in answer;

/** Reads the files that the configuration names. Throws CONFIG_INVALID, naming every fault. */
export function openAuth({ config, dataDir, registry, logger, clock }: AuthOptions): Auth {
  const metrics = registerMetrics(registry, {
    faultline_server_refused_credentials_total: { type: 'counter', help: 'Requests that were not served for want of a login or a role: `missing`, `wrong`, `limited` (too many wrong passwords from there), `role` (it may not do this), `origin` (sent by the page of another site).', labels: ['surface', 'reason'] },
  });
  const { users, tokens } = readAccounts(config);
  const required = users.size + tokens.size > 0;
  const guardsSenders = [...config.users, ...config.tokens].some(({ role }) => role === 'ingest');
  const ownToken = (role: Identity['role']): string => {
    const token = randomBytes(32).toString('base64url');
    tokens.set(digest(token), { name: 'faultline', role });
    return `Bearer ${token}`;
  };
  const own = { reader: ownToken('viewer'), sender: ownToken('ingest') };
  const attempts = createAttempts(clock);
  const gate = createGate(CHECKED, WAITING);
  /** Of name and password under a key that nobody knows. A check under way is waited for by all who ask the same. */
  const remembered = new Map<string, { readonly answer: Identity | Promise<Identity | Refusal>; readonly until: number }>();
  const memoryKey = randomBytes(32);

  function refused(surface: Surface, reason: Refusal['reason']): void {
    metrics.faultline_server_refused_credentials_total.inc({ surface, reason });
  }

  function identify(credential: Credential | undefined, address: string): Identity | Refusal | Promise<Identity | Refusal> {
    if (!credential) return { reason: 'missing', message: 'sign in first: send a password (Basic) or a token (Bearer)' };
    const secret = credential.kind === 'token' ? credential.token : credential.password;
    const program = tokens.get(digest(secret));
    if (program && (credential.kind === 'token' || credential.name === program.name)) return program;
    if (credential.kind === 'token') return { reason: 'wrong', message: 'there is no such token' };
    const key = createHmac('sha256', memoryKey).update(`${credential.name}\n${credential.password}`).digest('base64');
    const known = remembered.get(key);
    if (known && known.until > clock()) return known.answer;
    const answer = checked(credential.name, credential.password, address);
    if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(key, { answer, until: clock() + REMEMBERED_MS });
    void answer.then(
      (given) => (isRefusal(given) ? remembered.delete(key) : remembered.set(key, { answer: given, until: clock() + REMEMBERED_MS })),
      () => remembered.delete(key),
    );
    return answer;
  }

  async function checked(name: string, password: string, address: string): Promise<Identity | Refusal> {
    const wait = attempts.begin(address, name);
    if (wait > 0) return { reason: 'limited', message: `too many wrong passwords; try again in ${wait} s`, retryAfterS: wait };
    const user = users.get(name);
    const busy = new PipelineError('RATE_LIMITED', 'too many sign in at once; try again', { retryable: true });
    try {
      const right = await gate(() => isPassword(password, user?.hash ?? NOBODY), () => busy);
      if (right && user) {
        attempts.forget(address, name);
        return user.identity;
      }
    } catch (error) {
      if (error !== busy) throw error;
      return { reason: 'limited', message: busy.message, retryAfterS: 1 };
    }
    logger.warn({ address, name: user ? name : '(unknown)' }, 'a wrong name or password');
    return { reason: 'wrong', message: 'wrong name or password' };
  }

  return {
    required,
    identify,
    user: (name) => users.get(name)?.identity,
    sessions: users.size > 0 ? openSessions({ dataDir, clock, hashOf: (name) => users.get(name)?.text }) : undefined,
    senders: guardsSenders
      ? (authorization, address) => {
          const answer = identify(credentialOf(authorization), address);
          return answer instanceof Promise ? answer.then(sender) : sender(answer);
        }
      : undefined,
    own,
    refused,
  };

  function sender(answer: Identity | Refusal): Refusal | undefined {
    const refusal: Refusal | undefined = isRefusal(answer) ? answer : allows(answer.role, 'ingest') ? undefined : { reason: 'role', message: `${answer.name} may not send: that takes the role ingest` };
    if (refusal) refused('otlp', refusal.reason);
    return refusal;
  }
}

const digest = (secret: string): string => createHash('sha256').update(secret).digest('hex');

function readAccounts(config: AuthConfig): { users: Map<string, User>; tokens: Map<string, Identity> } {
  const faults: string[] = [];
  const users = new Map<string, User>();
  const tokens = new Map<string, Identity>();
  for (const { name, role, password_hash: given, password_hash_file: file } of config.users) {
    const text = given ?? read(file, `the password hash of ${name}`, faults);
    const hash = text === undefined ? undefined : parseHash(text);
    if (text !== undefined && hash) users.set(name, { identity: { name, role }, text: text.trim(), hash });
    else if (text !== undefined) faults.push(`${file ?? name}: expected what \`faultline hash-password\` prints`);
  }
  for (const { name, role, token_file: file, token_sha256: sha256 } of config.tokens) {
    const text = sha256 ?? read(file, `the token ${name}`, faults);
    if (text === undefined) continue;
    if (sha256 === undefined && text.length < SHORTEST_TOKEN) faults.push(`${file}: the token ${name} is shorter than ${SHORTEST_TOKEN} characters; \`openssl rand -hex 32\` makes one`);
    tokens.set(sha256?.toLowerCase() ?? digest(text), { name, role });
  }
  if (faults.length > 0) throw new PipelineError('CONFIG_INVALID', `server.auth: ${faults.join('\n  ')}`, { retryable: false });
  return { users, tokens };
}

function read(file: string | undefined, what: string, faults: string[]): string | undefined {
  try {
    return readFileSync(file ?? '', 'utf8').trim();
  } catch (error) {
    faults.push(`${what} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}
