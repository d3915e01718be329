import type { Labels } from '#core/types.js';
import type { RuleProgress } from './progress.js';
import { mayHave, TOLERANCE_MS } from './restore.js';
import type { Rule, RuleGroup } from './rule.js';

/** What one rule must know of all others: before a restart, alerts of two rules may have been written down under the same labels. */
export interface Others {
  /** Whether another rule has this alert too; null while one that may have had it has not been evaluated since the start. */
  have(own: RuleProgress, key: string, labels: Labels): boolean | null;
  /** Whether another rule makes this series too. */
  make(own: RuleProgress, key: string): boolean;
}

/** For rules that have no past. */
export const NO_OTHERS: Others = { have: () => false, make: () => false };

/** A group that runs, and whether the past of its alerts was read. */
interface Running {
  readonly run: { readonly group: RuleGroup; readonly progress: readonly RuleProgress[] };
  readonly restored: boolean;
}

/** Their names are labels of what rules make: only those of the same kind and name can have the same. */
const keyOf = ({ type, name }: Rule): string => `${type} ${name}`;

/** `groups`: all that run; another list when they change. */
export function othersIn(groups: () => readonly Running[]): Others {
  let indexed: readonly Running[] = [];
  let byKey = new Map<string, { readonly one: RuleProgress; readonly of: Running }[]>();

  function alike(own: RuleProgress): readonly { readonly one: RuleProgress; readonly of: Running }[] {
    const all = groups();
    if (all !== indexed) {
      byKey = new Map();
      for (const of of all) {
        for (const one of of.run.progress) {
          const known = byKey.get(keyOf(one.rule));
          if (known) known.push({ one, of });
          else byKey.set(keyOf(one.rule), [{ one, of }]);
        }
      }
      indexed = all;
    }
    return byKey.get(keyOf(own.rule)) ?? [];
  }

  return {
    have(own, key, labels) {
      const all = alike(own);
      if (all.some(({ one }) => one !== own && one.alerts.has(key))) return true;
      // One that is evaluated more rarely than its past goes back finds none of its own.
      return all.some(({ one, of: { run, restored } }) => one !== own && !restored && run.group.intervalMs < TOLERANCE_MS && mayHave(one.rule, labels)) ? null : false;
    },
    make: (own, key) => alike(own).some(({ one }) => one !== own && one.series.has(key)),
  };
}
