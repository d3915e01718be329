import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Identity } from '#core/access.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { AuthConfig } from './config.js';
import { parseHash, type PasswordHash } from './password.js';

const SHORTEST_TOKEN = 20;

export interface User {
  readonly identity: Identity;
  /** The hash as it is written. */
  readonly text: string;
  readonly hash: PasswordHash;
}

/** Users by name, programs by the digest of their tokens. */
export interface Accounts {
  readonly users: ReadonlyMap<string, User>;
  readonly tokens: ReadonlyMap<string, Identity>;
  /** Whether telemetry is taken from those alone who have a role for it. */
  readonly guardsSenders: boolean;
}

export const digest = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** The files that hold secrets of accounts. */
export const filesOf = ({ users, tokens }: AuthConfig): string[] => [...users.map((user) => user.password_hash_file), ...tokens.map((token) => token.token_file)].filter((file) => file !== undefined);

/** Reads the files that the configuration names. Throws CONFIG_INVALID, naming every fault. */
export function readAccounts(config: AuthConfig): Accounts {
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
  if (faults.length > 0) throw new PipelineError('CONFIG_INVALID', `server.auth: ${faults.join('\n  ')}`);
  return { users, tokens, guardsSenders: [...config.users, ...config.tokens].some(({ role }) => role === 'ingest') };
}

function read(file: string | undefined, what: string, faults: string[]): string | undefined {
  try {
    return readFileSync(file ?? '', 'utf8').trim();
  } catch (error) {
    faults.push(`${what} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}
