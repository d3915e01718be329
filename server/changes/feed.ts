import type { ApiChange, ChangeKind } from '#core/api/services.js';
import { attributeText, countText, type AttributeChange, type ProcessChange } from '#core/processes.js';
import type { UnixMs } from '#core/types.js';

type Counts = Pick<ProcessChange, 'before' | 'gone' | 'came' | 'settled'>;

/** One thing that happened once, before it is told together with others. */
export interface Happening {
  readonly kind: ChangeKind;
  readonly services: readonly string[];
  readonly at: UnixMs;
  readonly until: UnixMs;
  readonly changed: readonly AttributeChange[];
  /** Of processes. */
  readonly counts?: Counts;
  /** Of an incident its title, of a log pattern its words. */
  readonly text?: string;
  readonly incident?: string;
}

type Line = readonly [Happening, ...Happening[]];

/** What comes to one service again within this is told once. */
const AGAIN_MS = 600_000;
/** What comes to one service more often than this is told once. */
const OFTEN = 3;
/** The services of a rollout follow each other within this. */
const ROLLOUT_MS = 120_000;
const MOST_NAMES = 20;

/** Few lines, newest first: what comes to one service in a row, and to many at once, is one. */
export function feedOf(happenings: readonly Happening[]): readonly ApiChange[] {
  const rows = joined(happenings.map((one): Line => [one]), repeated, AGAIN_MS);
  const times = new Map<string, number>();
  for (const row of rows) times.set(repeated(row), (times.get(repeated(row)) ?? 0) + 1);
  const often = joined(rows, (row) => ((times.get(repeated(row)) ?? 0) > OFTEN ? repeated(row) : ''), Infinity);
  return joined(often, spread, ROLLOUT_MS).map(told).toSorted((a, b) => b.at - a.at);
}

/** Lines of one key that follow each other within `gapMs` become one. Those of key '' stay alone. */
function joined(lines: readonly Line[], keyOf: (line: Line) => string, gapMs: number): readonly Line[] {
  const done: Line[] = [];
  const places = new Map<string, number>();
  for (const line of lines.toSorted(([a], [b]) => a.at - b.at)) {
    const key = keyOf(line);
    const place = places.get(key) ?? done.length;
    const open = done[place];
    if (key !== '' && open && line[0].at - untilOf(open) <= gapMs) done[place] = [...open, ...line];
    else places.set(key, done.push(line) - 1);
  }
  return done;
}

const untilOf = (line: Line): UnixMs => line.reduce((latest, { until }) => Math.max(latest, until), 0);

/** What may come to a service again and again. */
function repeated([{ kind, services }]: Line): string {
  return kind === 'restart' || kind === 'scaling' || kind === 'log-pattern' ? `${kind} ${services.join()}` : '';
}

/** What may come to many services at once. */
function spread(line: Line): string {
  const [{ kind, changed }] = line;
  switch (kind) {
    case 'deploy':
      return `${kind} ${changed[0]?.to}`;
    case 'rollback':
    case 'configuration':
      return `${kind} ${changed.map(attributeText).join()}`;
    case 'restart':
      return kind;
    case 'scaling':
      return `${kind} ${Math.sign(moreOf(countsOf(line)))}`;
    case 'incident-opened':
    case 'incident-resolved':
    case 'log-pattern':
      return '';
  }
}

function told(line: Line): ApiChange {
  const [{ kind, at, changed, incident = '' }] = line;
  const services = [...new Set(line.flatMap((one) => one.services))];
  const same = changed.map(({ from, ...rest }, place) => ({ ...rest, from: line.every((one) => one.changed[place]?.from === from) ? from : '' }));
  return { kind, at, until: untilOf(line), services: services.slice(0, MOST_NAMES), serviceCount: services.length, text: textOf(line, same), changed: same, incident };
}

function textOf(line: Line, changed: readonly AttributeChange[]): string {
  const [{ kind, text = '' }] = line;
  switch (kind) {
    case 'deploy':
    case 'rollback':
      return changed.map(({ attribute, from, to }) => `${attribute === 'service.version' ? 'version' : attribute} ${from === '' ? '' : `${from} → `}${to}`).join(', ');
    case 'configuration':
      return [restartText(countsOf(line)), ...changed.map(attributeText)].join(', ');
    case 'restart':
      return restartText(countsOf(line));
    case 'scaling':
      return scalingText(countsOf(line));
    case 'incident-opened':
    case 'incident-resolved':
      return text;
    case 'log-pattern':
      return line.length === 1 ? text : `${text} and ${line.length - 1} more`;
  }
}

/** Of the processes of all its services, before the first and after the last. */
function countsOf(line: Line): Counts {
  const seen = new Set<string>();
  const sum = { before: 0, gone: 0, came: 0, settled: true };
  for (const { counts, services: [service = ''] } of line) {
    if (!counts) continue;
    if (!seen.has(service)) sum.before += counts.before;
    seen.add(service);
    sum.gone += counts.gone;
    sum.came += counts.came;
    sum.settled &&= counts.settled;
  }
  return sum;
}

const moreOf = ({ came, gone }: Counts): number => came - gone;
const processes = (count: number): string => `${count} ${count === 1 ? 'process' : 'processes'}`;

function restartText(counts: Counts): string {
  const { before, gone, came } = counts;
  if (gone <= before) return lower(countText(counts));
  return came === gone ? `${gone} restarts of ${processes(before)}` : `${processes(gone)} went and ${came} came, beside ${before}`;
}

function scalingText(counts: Counts): string {
  const more = moreOf(counts);
  if (more === 0) return `${processes(counts.came)} came and went, beside ${counts.before}`;
  return lower(countText({ ...counts, came: Math.max(0, more), gone: Math.max(0, -more) }));
}

const lower = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
