import { severityOfText } from '../decode/severity.js';

/** What stands before the message of a line. */
export interface Head {
  /** How many words it takes. */
  readonly length: number;
  /** The place of the level's word; -1 where there is none. */
  readonly level: number;
  readonly severity: number;
}

/** Words among which a level is looked for. */
const MOST_WORDS = 16;

/** A level as libraries write it: `ERROR`, `[ERROR]`, `ERROR:`, `ERROR[0012]`, `ERROR:root:text`, `[error]`, `level=error`. A word in lower case alone is prose. */
const LEVEL = /^(?:[[(<]?(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRIT|CRITICAL|FATAL|PANIC)(?:[\])>:|,[].*)?|\[(\w+)\]:?|(?:level|lvl|severity)="?(\w+)"?)$/;
/** Of klog, as in Kubernetes: a letter before the day. */
const KLOG = /^([IWEF])(?:\d{4}|<\*>)$/;
const KLOG_SEVERITY = { I: 9, W: 13, E: 17, F: 21 } as const;
/** Of ASP.NET: `fail: Shop.Orders[0]`. */
const DOTNET = /^(trce|dbug|info|warn|fail|crit):$/;
const CATEGORY = /^\S+\[\S+\]$/;
const DOTNET_SEVERITY = { trce: 1, dbug: 5, info: 9, warn: 13, fail: 17, crit: 21 } as const;
/** A count of something, no time. */
const SHORT_NUMBER = /^\d{1,9}$/;
/** Times, numbers, threads, loggers and what stands between them: whatever has more than letters. */
const NO_PROSE = /[^A-Za-z'.,!?:;\u0080-\uffff]|[.:]\w/;
const SEPARATOR = /^[-:|]+$/;
/** Of dates, the one-letter level that Ruby repeats, and what container runtimes write before a line. */
const OF_DATES = /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|UTC|GMT|AM|PM|[A-Z],|stdout|stderr|F)$/;
const DATED = /\d|<\*>/;
const VARIES = '<*>';

/** Tells times, levels, threads and loggers from what a line says, before or after what varies was replaced. Without a level only what varies is of the head. */
export function headOf(words: readonly string[]): Head {
  const day = KLOG.exec(words[0] ?? '')?.[1] as keyof typeof KLOG_SEVERITY | undefined;
  if (day) return { length: endOf(words, 0), level: 0, severity: KLOG_SEVERITY[day] };
  const short = DOTNET.exec(words[0] ?? '')?.[1] as keyof typeof DOTNET_SEVERITY | undefined;
  if (short && CATEGORY.test(words[1] ?? '')) return { length: 1, level: 0, severity: DOTNET_SEVERITY[short] };
  const last = Math.min(words.length, MOST_WORDS);
  let isDated = false;
  for (let at = 0; at < last; at += 1) {
    const word = words[at] ?? '';
    const level = LEVEL.exec(word);
    const severity = level ? severityOfText(level[1] ?? level[2] ?? level[3] ?? '') : 0;
    if (severity > 0) return { length: endOf(words, at), level: at, severity };
    isDated ||= DATED.test(word);
    if (!isBefore(words, at, isDated) || (at === 0 && SHORT_NUMBER.test(word))) break;
  }
  let length = 0;
  while (length < words.length - 1 && words[length]?.includes(VARIES)) length += 1;
  return { length, level: -1, severity: 0 };
}

/** Whether a word may stand before a level: one of letters alone is prose, unless it follows a time and is a name, before a colon, a bracket or a dash. */
function isBefore(words: readonly string[], at: number, isDated: boolean): boolean {
  const word = words[at] ?? '';
  const next = words[at + 1] ?? '';
  if (NO_PROSE.test(word) || SEPARATOR.test(word) || OF_DATES.test(word)) return true;
  return isDated && (word.endsWith(':') || SEPARATOR.test(next) || next.startsWith('[') || next.endsWith(':'));
}

/** Where the head ends whose level is at `level`: behind the threads and loggers that follow it, before what varies in the message. */
function endOf(words: readonly string[], level: number): number {
  let end = level + 1;
  for (let at = end; at < words.length - 1; at += 1) {
    const word = words[at] ?? '';
    if (!NO_PROSE.test(word) && !SEPARATOR.test(word) && !SEPARATOR.test(words[at + 1] ?? '')) break;
    if (word !== VARIES) end = at + 1;
  }
  return end;
}
