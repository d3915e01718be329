import { z } from 'zod';
import { ROLES } from '#core/access.js';
import { parseHash } from './password.js';

// Basic authentication ends a name at a colon.
const name = z.string().trim().min(1).max(100).regex(/^[^:\p{Cc}]+$/u, 'a name holds no colon');
const role = z.enum(ROLES);
const one = (a: string | undefined, b: string | undefined): boolean => (a === undefined) !== (b === undefined);

const user = z
  .strictObject({ name, role, password_hash: z.string().refine((text) => parseHash(text) !== undefined, 'expected what `faultline hash-password` prints').optional(), password_hash_file: z.string().min(1).optional() })
  .refine(({ password_hash: hash, password_hash_file: file }) => one(hash, file), 'give one of password_hash and password_hash_file');
const token = z
  .strictObject({ name, role, token_file: z.string().min(1).optional(), token_sha256: z.string().regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits').optional() })
  .refine(({ token_file: file, token_sha256: sha256 }) => one(file, sha256), 'give one of token_file and token_sha256');

export const authConfig = z
  .strictObject({
    users: z.array(user).prefault([]).describe('Who may sign in: `{name, role, password_hash}` or `{name, role, password_hash_file}`. Roles: viewer, editor, admin, ingest. `faultline hash-password` makes a hash. Without users and tokens nobody has to sign in: [auth.md](auth.md).'),
    tokens: z.array(token).prefault([]).describe('Programs: `{name, role, token_file}` or `{name, role, token_sha256}`. As soon as one of these or of the users has the role ingest, the OTLP ports ask for a credential too.'),
  })
  .superRefine(({ users, tokens }, context) => {
    const all = [...users, ...tokens];
    const seen = new Set<string>();
    for (const { name: given } of all) {
      if (seen.has(given)) context.addIssue({ code: 'custom', message: `${given} is there twice: names of users and tokens must differ` });
      seen.add(given);
    }
    if (all.length > 0 && all.every((entry) => entry.role === 'ingest')) context.addIssue({ code: 'custom', message: 'nobody could read anything: give somebody the role viewer, editor or admin' });
  });
export type AuthConfig = z.output<typeof authConfig>;
