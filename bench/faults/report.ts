import type { Observed, Summary, Verdict } from './verdict.js';

/** The demo's step of 5 s, and `incidents.reopen_within`, shortened so that each fault must open an incident of its own. */
export const SETTINGS = { DETECTOR_STEP: '5s', DETECTOR_DELAY: '5s', INCIDENTS_REOPEN_WITHIN: '30s' };

export type Say = (text: string) => void;

export function printVerdict(verdict: Verdict, index: string, say: Say = console.log): void {
  say(line(verdict, index));
  for (const title of verdict.others) say(`            also "${title}"`);
}

function line({ fault, double, detected, joined, seconds: after, cause, right, incidents, title }: Verdict, index: string): string {
  const what = `${index.padStart(7)}${double ? '+' : ' '} ${`${fault.name} in ${fault.service}`.padEnd(34)}`;
  if (!detected) return `${what}missed${joined ? ': joined an incident that was open already' : ''}`;
  return `${what}${seconds(after).padStart(7)}  cause ${cause.padEnd(15)}${right ? 'right' : `WRONG, is ${fault.cause}`}${incidents > 1 ? `, ${incidents} incidents` : ''}  "${title}"`;
}

export function printSummary(summary: Summary, outside: readonly Observed[]): void {
  const of = (count: number): string => `${count}/${summary.faults}`;
  console.log(`\nDetected    ${of(summary.detected)}${summary.doubles > 0 ? `, ${summary.doubles} of them two faults at once (+), which are right only if both are` : ''}`);
  console.log(`Top cause   right ${of(summary.right)} (when it opened ${of(summary.rightAtOnce)}; among the first three ${of(summary.inTopThree)})`);
  console.log(`Exactly     one incident for each fault, or one for both, and no other: ${of(summary.exact)}`);
  console.log(`To incident median ${seconds(summary.medianSeconds)}, p95 ${seconds(summary.p95Seconds)}\nExtra       ${summary.extraDuring} beside the first of a fault, ${summary.extraBetween} when there was no fault`);
  for (const { opened, latest } of outside) console.log(`            ${new Date(opened.openedAt).toISOString().slice(11, 19)} ${latest.title}`);
}

const seconds = (value: number | null): string => (value === null ? 'none' : `${value.toFixed(1)} s`);
