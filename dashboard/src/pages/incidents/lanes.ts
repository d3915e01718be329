import type { ApiNotification } from '#core/api/alerts.js';
import type { Anomaly, Incident, TimelineEntry, UnixMs } from '#core/types.js';
import { clock } from '../../format/time.js';
import { measureName } from '../../format/value.js';
import type { RangeMs } from '../../time/range.js';
import { offset } from './offset.js';
import { figures } from './wording.js';

/** An anomaly from onset to return. */
export interface LaneBar {
  readonly id: string;
  readonly from: UnixMs;
  /** null while it lasts. */
  readonly to: UnixMs | null;
  /** Those who call the service notice it. */
  readonly noticed: boolean;
  readonly text: string;
  /** Bars of one row do not overlap, save in the last row. */
  readonly row: number;
}

/** A moment, or several of one kind too close to tell apart. */
export interface LaneMark {
  readonly at: UnixMs;
  readonly kind: TimelineEntry['kind'];
  readonly texts: readonly string[];
  /** How many marks right before it would cover it: it is drawn that many places to the right. */
  readonly shift: number;
}

export interface Lane {
  /** A service; '' for what belongs to none. */
  readonly service: string;
  /** Of its first anomaly; Infinity when it only changed. */
  readonly onset: UnixMs;
  readonly rows: number;
  readonly bars: readonly LaneBar[];
  readonly marks: readonly LaneMark[];
}

export interface Lanes {
  readonly window: RangeMs;
  /** Of the first anomaly of all. */
  readonly onset: UnixMs;
  /** What broke first comes first. */
  readonly services: readonly Lane[];
  /** Opened, notified, resolved. */
  readonly product: readonly LaneMark[];
  readonly people: readonly LaneMark[];
}

const MAX_ROWS = 4;
const LEAST_PAD_MS = 5_000;
const PAD = 0.06;
/** What happens later than this after the end, such as a note of the next morning, would press the rest together. */
const AFTER_MS = 300_000;
/** Share of the window within which marks of one kind are one. */
const CLOSE = 0.015;
/** Within which marks would cover each other. */
const COVERED = 0.04;
const PRODUCT: readonly TimelineEntry['kind'][] = ['opened', 'notified', 'resolved'];
/** What changed in a service. */
const CHANGES: readonly TimelineEntry['kind'][] = ['deploy', 'processes'];
const PEOPLE: readonly TimelineEntry['kind'][] = ['acknowledged', 'note', 'judged', 'changed'];

/** The timeline with what was sent about the incident, oldest first. */
export function withNotifications(timeline: readonly TimelineEntry[], sent: readonly ApiNotification[]): readonly TimelineEntry[] {
  const entries = sent.map(({ createdAt, receiver, event, status, error }): TimelineEntry => ({ at: createdAt, kind: 'notified', service: '', text: `${receiver} told that it is ${event}${STATUS[status]}${status === 'dead' && error !== '' ? ` (${error})` : ''}` }));
  return [...timeline, ...entries].toSorted((a, b) => a.at - b.at);
}

const STATUS: Readonly<Record<ApiNotification['status'], string>> = { delivered: '', pending: ', not delivered yet', dead: ': given up', superseded: ': left out, a newer message followed', unsent: ': not wanted by the receiver' };

/** Who was in trouble when, what changed, and who did something about it. Of those that broke at one moment the likelier cause comes first. `end`: of the incident, or now. */
export function lanesOf({ evidence, causes }: Pick<Incident, 'evidence' | 'causes'>, timeline: readonly TimelineEntry[], end: UnixMs): Lanes {
  const changes = timeline.filter(({ kind }) => CHANGES.includes(kind));
  const starts = evidence.map(({ startsAt }) => startsAt);
  const onset = Math.min(...starts, ...(starts.length === 0 ? timeline.map(({ at }) => at) : []));
  const moments = timeline.map(({ at }) => at).filter((at) => at <= end + AFTER_MS);
  const first = Math.min(onset, ...changes.map(({ at }) => at));
  const last = Math.max(end, ...moments);
  const pad = Math.max(LEAST_PAD_MS, (last - first) * PAD);
  const window = { from: first - pad, to: last + pad };
  const names = [...new Set([...evidence.map(({ series }) => series.service), ...changes.map(({ service }) => service)])];
  const shown = timeline.filter(({ at }) => at >= window.from && at <= window.to);
  const length = window.to - window.from;
  const marks = (kinds: readonly TimelineEntry['kind'][], service?: string): readonly LaneMark[] => joined(shown.filter((entry) => kinds.includes(entry.kind) && (service === undefined || entry.service === service)), length);
  const rank = (service: string): number => [...causes.map((cause) => cause.service), ...names].indexOf(service);
  const services = names.map((service) => laneOf(service, evidence.filter(({ series }) => series.service === service), marks(CHANGES, service)));
  return { window, onset, services: services.toSorted((a, b) => a.onset - b.onset || rank(a.service) - rank(b.service)), product: marks(PRODUCT), people: marks(PEOPLE) };
}

/** Services shown at first, however many there are. */
const FIRST = 12;
/** Folding fewer than this would save nothing. */
const LEAST_FOLDED = 4;

/** Of many lanes those that broke first, and those of the causes. */
export function firstLanes(services: readonly Lane[], causes: readonly string[]): readonly Lane[] {
  const first = services.filter(({ service }, place) => place < FIRST || causes.includes(service));
  return services.length - first.length < LEAST_FOLDED ? services : first;
}

/** When each broke: how long after the first, or at what time of day where that reads the same for one that broke at another moment; '' where nothing broke. */
export function brokeAt(services: readonly Lane[], onset: UnixMs): readonly string[] {
  const away = services.map((lane) => (lane.onset === Infinity ? '' : lane.onset === onset ? 'first' : offset(lane.onset, onset)));
  return services.map((lane, place) => {
    const text = away[place] ?? '';
    return services.some((other, at) => away[at] === text && other.onset !== lane.onset) ? clock(lane.onset, lane.onset) : text;
  });
}

function laneOf(service: string, anomalies: readonly Anomaly[], marks: readonly LaneMark[]): Lane {
  const ends: number[] = [];
  const bars = anomalies.toSorted((a, b) => a.startsAt - b.startsAt).map((one): LaneBar => {
    const free = ends.findIndex((end) => end <= one.startsAt);
    const row = free >= 0 ? free : Math.min(ends.length, MAX_ROWS - 1);
    ends[row] = Math.max(ends[row] ?? 0, one.endsAt ?? Infinity);
    return { id: one.id, from: one.startsAt, to: one.endsAt, noticed: one.series.kind === 'errors' || one.series.kind === 'latency' || one.series.kind === 'rate', text: textOf(one), row };
  });
  return { service, onset: Math.min(...anomalies.map(({ startsAt }) => startsAt)), rows: Math.max(1, ends.length), bars, marks };
}

function textOf(anomaly: Anomaly): string {
  const [value, expected] = figures(anomaly);
  const name = [anomaly.series.operation, measureName(anomaly.series)].filter(Boolean).join(' · ');
  return anomaly.direction === 'absent' ? `${name} stopped, expected ${expected}` : `${name} ${value}, expected ${expected}`;
}

/** Entries of one kind that lie close to the first of them are one mark. */
function joined(entries: readonly TimelineEntry[], length: number): readonly LaneMark[] {
  const marks: { at: UnixMs; kind: TimelineEntry['kind']; texts: string[]; shift: number }[] = [];
  for (const { at, kind, text } of entries) {
    const near = marks.findLast((mark) => mark.kind === kind);
    const before = marks.at(-1);
    if (near && at - near.at <= length * CLOSE) near.texts.push(text);
    else marks.push({ at, kind, texts: [text], shift: before && at - before.at < length * COVERED ? before.shift + 1 : 0 });
  }
  return marks;
}
