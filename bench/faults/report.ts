import type { Observed, Summary, Verdict } from './verdict.js';

/** The demo's step of 5 s, and `incidents.reopen_within`, shortened so that each fault must open an incident of its own. */
export const SETTINGS = { DETECTOR_STEP: '5s', INCIDENTS_REOPEN_WITHIN: '30s' };

export function printVerdict(verdict: Verdict, index: number, total: number): void {
  console.log(line(verdict, index, total));
  for (const title of verdict.others) console.log(`            also "${title}"`);
}

function line({ fault, detected, joined, seconds: after, cause, right, incidents, title }: Verdict, index: number, total: number): string {
  const what = `${`${index}/${total}`.padStart(7)}  ${`${fault.name} in ${fault.service}`.padEnd(34)}`;
  if (!detected) return `${what}missed${joined ? ': joined an incident that was open already' : ''}`;
  return `${what}${seconds(after).padStart(7)}  cause ${cause.padEnd(15)}${right ? 'right' : `WRONG, is ${fault.cause}`}${incidents > 1 ? `, ${incidents} incidents` : ''}  "${title}"`;
}

export function printSummary(summary: Summary, outside: readonly Observed[]): void {
  console.log(`\nDetected    ${summary.detected}/${summary.faults}\nTop cause   right ${summary.right}/${summary.faults} (when it opened ${summary.rightAtOnce}/${summary.faults}; among the first three ${summary.inTopThree}/${summary.faults})`);
  console.log(`To incident median ${seconds(summary.medianSeconds)}, p95 ${seconds(summary.p95Seconds)}\nExtra       ${summary.extraDuring} beside the first of a fault, ${summary.extraBetween} when there was no fault`);
  for (const { opened, latest } of outside) console.log(`            ${new Date(opened.openedAt).toISOString().slice(11, 19)} ${latest.title}`);
}

const seconds = (value: number | null): string => (value === null ? 'none' : `${value.toFixed(1)} s`);
