import type { AlertWords, Labels } from '#core/types.js';

/** Annotations that say what is wrong, as rules usually name them. */
const TEXTS = ['summary', 'message', 'description'];
const RUNBOOKS = ['runbook_url', 'runbook'];
/** Characters of what an incident keeps of an alert. */
const MOST_TEXT = 500;
const MOST_LINK = 2_000;

/** What the annotations say is wrong: the first is a sentence, as rules usually have it. */
export const textsOf = (annotations: Labels): readonly string[] => TEXTS.map((key) => annotations[key]?.trim() ?? '').filter(Boolean);

/** '' where there is none that a browser should open. */
export const runbookOf = (annotations: Labels): string => RUNBOOKS.map((key) => linkOf(annotations[key])).find(Boolean) ?? '';

/** What an incident keeps of an alert, for when that is over and forgotten. */
export function wordsOf(annotations: Labels, generatorURL: string): AlertWords {
  return { summary: textsOf(annotations)[0]?.slice(0, MOST_TEXT) ?? '', runbook: runbookOf(annotations), expression: linkOf(generatorURL) };
}

function linkOf(text = ''): string {
  return text.length <= MOST_LINK && /^https?:\/\/[^\s|>]+$/.test(text) ? text : '';
}
