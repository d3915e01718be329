import type { Verdict } from './judge.js';

/** Sums over cases. */
export type Tally = { readonly cases: number } & { readonly [name in keyof Verdict]: number };

export function tally(verdicts: readonly Verdict[]): Tally {
  const sum = (name: keyof Verdict): number => verdicts.reduce((total, verdict) => total + Number(verdict[name]), 0);
  return {
    cases: verdicts.length, ranked: sum('ranked'), rankedAccepted: sum('rankedAccepted'), found: sum('found'), opened: sum('opened'), openedAccepted: sum('openedAccepted'),
    ended: sum('ended'), extra: sum('extra'), early: sum('early'),
  };
}

export const HEADER = row('', 'cases', 'told when', 'found', 'at first', 'at the end', 'extra', 'before');

/** Right, and in brackets with what is accepted where that is more. */
export function line(name: string, { cases, ranked, rankedAccepted, found, opened, openedAccepted, ended, extra, early }: Tally): string {
  const both = (right: number, accepted: number): string => (accepted > right ? `${right} (${accepted})` : String(right));
  return row(name, String(cases), both(ranked, rankedAccepted), String(found), both(opened, openedAccepted), String(ended), String(extra), String(early));
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join('');
}
