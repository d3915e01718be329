import type { Labels } from '#core/types.js';
import type { GroupRun, RuleProgress } from './group.js';
import { mayHave, TOLERANCE_MS } from './restore.js';

/** What one rule must know of all others: before a restart, alerts of two rules may have been written down under the same labels. */
export interface Others {
  /** Whether another rule has this alert too; null while one that may have had it has not been evaluated since the start. */
  have(own: RuleProgress, key: string, labels: Labels): boolean | null;
  /** Whether another rule makes this series too. */
  make(own: RuleProgress, key: string): boolean;
}

/** For rules that have no past. */
export const NO_OTHERS: Others = { have: () => false, make: () => false };

/** `groups`: all that run, and whether the past of their alerts was read. */
export function othersIn(groups: () => readonly { readonly run: GroupRun; readonly restored: boolean }[]): Others {
  return {
    have(own, key, labels) {
      const all = groups().flatMap(({ run, restored }) => run.progress.filter((one) => one !== own).map((one) => ({ one, restored, group: run.group })));
      if (all.some(({ one }) => one.alerts.has(key))) return true;
      // One that is evaluated more rarely than its past goes back finds none of its own.
      return all.some(({ one, restored, group }) => !restored && group.intervalMs < TOLERANCE_MS && mayHave(one.rule, labels)) ? null : false;
    },
    make: (own, key) => groups().some(({ run }) => run.progress.some((one) => one !== own && one.series.has(key))),
  };
}
