import { createHash } from 'node:crypto';

/** The name of a group in other systems, which bound the length of such names: SHA-256 in hex, as in Alertmanager. */
export function groupHash(groupKey: string): string {
  return createHash('sha256').update(groupKey).digest('hex');
}
