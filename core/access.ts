/** What somebody may do. Each of the first three may do what those before it may; `ingest` only writes telemetry and alerts in. */
export const ROLES = ['viewer', 'editor', 'admin', 'ingest'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks: a person, or a program with a token. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
}

/** The least role for something; `open`: nobody is asked. */
export type Need = 'open' | Role;

const RANK: Readonly<Record<Role, number>> = { ingest: 0, viewer: 1, editor: 2, admin: 3 };

export function allows(role: Role, need: Need): boolean {
  if (need === 'open') return true;
  if (need === 'ingest') return role !== 'viewer';
  return RANK[role] >= RANK[need];
}

/** Why a request is not served. `wrong`: no such credential; `limited`: too many wrong ones from there lately. */
export interface Refusal {
  readonly reason: 'missing' | 'wrong' | 'limited' | 'role' | 'origin';
  readonly message: string;
  readonly retryAfterS?: number;
}

/** Whether a sender may write telemetry in: undefined when it may. Answers at once for what it has seen before. */
export type SenderCheck = (authorization: string | undefined, address: string) => Refusal | undefined | Promise<Refusal | undefined>;

/** GET /api/session: who the server takes the asker for. */
export interface ApiSession {
  /** Whether anybody has to sign in here. */
  readonly required: boolean;
  readonly identity: Identity | null;
}
