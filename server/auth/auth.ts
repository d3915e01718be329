import { createHmac, randomBytes } from 'node:crypto';
import { allows, type Identity, type Refusal, type SenderCheck } from '#core/access.js';
import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import { createGate } from '../gate.js';
import { digest, readAccounts, type Accounts } from './accounts.js';
import { createAttempts } from './attempts.js';
import type { AuthConfig } from './config.js';
import { credentialOf, type Credential } from './credentials.js';
import { isPassword, NOBODY } from './password.js';
import { openSessions, type Sessions } from './sessions.js';

/** Passwords checked at a time, and waiting: each takes 32 MiB. */
const CHECKED = 2;
const WAITING = 32;
/** How long a right password is remembered, so that a scraper does not cost a hash each time. */
const REMEMBERED_MS = 300_000;
const MOST_REMEMBERED = 1_000;

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
  /** Whether whoever sends telemetry has to. */
  readonly sendersSignIn: boolean;
  /** For the receivers of telemetry. */
  readonly senders: SenderCheck;
  /** The Authorization header of this process's own requests to itself. */
  readonly own: { readonly reader: string; readonly sender: string };
  /** Takes other users and tokens, and says whether they are others. Sessions of those who are gone, or have another password, are over. Throws CONFIG_INVALID, naming every fault, and keeps what there was; so it does when a login would no longer be needed. */
  reload(config: AuthConfig): boolean;
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

export const isRefusal = (answer: Identity | Refusal): answer is Refusal => 'reason' in answer;

export const authMetricTable = {
  faultline_server_refused_credentials_total: { type: 'counter', help: 'Requests that were not served for want of a login or a role: `missing`, `wrong`, `limited` (too many wrong passwords from there), `role` (it may not do this), `origin` (sent by the page of another site).', labels: ['surface', 'reason'] },
} as const;

/** Reads the files that the configuration names. Throws CONFIG_INVALID, naming every fault. */
export function openAuth({ config, dataDir, registry, logger, clock }: AuthOptions): Auth {
  const metrics = registerMetrics(registry, authMetricTable);
  let accounts = readAccounts(config);
  const ownTokens = new Map<string, Identity>();
  const ownToken = (role: Identity['role']): string => {
    const token = randomBytes(32).toString('base64url');
    ownTokens.set(digest(token), { name: 'faultline', role });
    return `Bearer ${token}`;
  };
  const own = { reader: ownToken('viewer'), sender: ownToken('ingest') };
  const attempts = createAttempts(clock);
  const gate = createGate(CHECKED, WAITING);
  /** Of name and password under a key that nobody knows. A check under way is waited for by all who ask the same. */
  let remembered = new Map<string, { readonly answer: Identity | Promise<Identity | Refusal>; readonly until: number }>();
  const memoryKey = randomBytes(32);
  let sessions: Sessions | undefined;
  const userOf = (name: string): Identity | undefined => accounts.users.get(name)?.identity;
  /** Their key is made when the first user is. */
  const openedSessions = (): Sessions => (sessions ??= openSessions({ dataDir, clock, hashOf: (name) => accounts.users.get(name)?.text }));

  function refused(surface: Surface, reason: Refusal['reason']): void {
    metrics.faultline_server_refused_credentials_total.inc({ surface, reason });
  }

  function identify(credential: Credential | undefined, address: string): Identity | Refusal | Promise<Identity | Refusal> {
    if (!credential) return { reason: 'missing', message: 'sign in first: send a password (Basic) or a token (Bearer); Faultline\'s own commands send that of FAULTLINE_TOKEN' };
    const secret = credential.kind === 'token' ? credential.token : credential.password;
    const hashed = digest(secret);
    const program = ownTokens.get(hashed) ?? accounts.tokens.get(hashed);
    if (program && (credential.kind === 'token' || credential.name === program.name)) return program;
    if (credential.kind === 'token') return { reason: 'wrong', message: 'there is no such token' };
    const key = createHmac('sha256', memoryKey).update(`${credential.name}\n${credential.password}`).digest('base64');
    const memory = remembered;
    const known = memory.get(key);
    if (known && known.until > clock()) return known.answer;
    const answer = checked(credential.name, credential.password, address);
    if (memory.size >= MOST_REMEMBERED) memory.delete(memory.keys().next().value ?? '');
    memory.set(key, { answer, until: clock() + REMEMBERED_MS });
    void answer.then(
      (given) => (isRefusal(given) ? memory.delete(key) : memory.set(key, { answer: given, until: clock() + REMEMBERED_MS })),
      () => memory.delete(key),
    );
    return answer;
  }

  async function checked(name: string, password: string, address: string): Promise<Identity | Refusal> {
    const wait = attempts.begin(address, name);
    if (wait > 0) return { reason: 'limited', message: `too many wrong passwords; try again in ${wait} s`, retryAfterS: wait };
    const user = accounts.users.get(name);
    const busy = new PipelineError('RATE_LIMITED', 'too many sign in at once; try again');
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

  function senders(authorization: string | undefined, address: string): ReturnType<SenderCheck> {
    if (!accounts.guardsSenders) return undefined;
    const answer = identify(credentialOf(authorization), address);
    return answer instanceof Promise ? answer.then(sender) : sender(answer);
  }

  function sender(answer: Identity | Refusal): Refusal | undefined {
    const refusal: Refusal | undefined = isRefusal(answer) ? answer : allows(answer.role, 'ingest') ? undefined : { reason: 'role', message: `${answer.name} may not send: that takes the role ingest` };
    if (refusal) refused('otlp', refusal.reason);
    return refusal;
  }

  return {
    get required() {
      return isRequired(accounts);
    },
    get sendersSignIn() {
      return accounts.guardsSenders;
    },
    get sessions() {
      return accounts.users.size > 0 ? openedSessions() : undefined;
    },
    identify,
    user: userOf,
    senders,
    own,
    reload(config) {
      const next = readAccounts(config);
      const opened = isRequired(accounts) && !isRequired(next) ? 'nobody would have to sign in any more' : accounts.guardsSenders && !next.guardsSenders ? 'anybody could send telemetry, as nobody has the role ingest any more' : undefined;
      // It may as well be a file that is gone, or half written.
      if (opened !== undefined) throw new PipelineError('CONFIG_INVALID', `server.auth: ${opened}; that takes a restart`);
      const changed = fingerprint(next) !== fingerprint(accounts);
      accounts = next;
      remembered = new Map();
      return changed;
    },
    refused,
  };
}

const isRequired = ({ users, tokens }: Accounts): boolean => users.size + tokens.size > 0;
const fingerprint = ({ users, tokens }: Accounts): string => JSON.stringify([[...users.values()].map(({ identity, text }) => [identity, text]), [...tokens]]);
