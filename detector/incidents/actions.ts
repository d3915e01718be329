import { randomUUID } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { IncidentActions } from '#core/feedback.js';
import type { Incident, IncidentEvent, UnixMs } from '#core/types.js';
import { NOT_ANALYSED } from './analysis.js';
import { assigned, closed, judged, merged, ranked, reopenedBy, told, without } from './by-hand.js';
import { causeText } from './lessons/lesson.js';
import { lessonOf, type Teacher } from './lessons/lessons.js';
import { acknowledged, noted, openIncident } from './lifecycle.js';
import type { Publisher } from './publish.js';
import type { Tracked } from './tracked.js';

/** What the keeper of incidents lends to those who change them by hand. */
export interface Hands extends Pick<Publisher, 'keep' | 'tell' | 'publish'> {
  readonly clock: Clock;
  /** One change at a time, between the steps of the detector. */
  readonly serial: <T>(work: () => Promise<T>) => Promise<T>;
  /** Rejects with NOT_FOUND. */
  readonly find: (id: string) => Promise<Tracked>;
  readonly track: (one: Tracked) => void;
  readonly analyse: (one: Tracked, now: UnixMs) => Promise<void>;
  readonly lessons: Teacher;
  /** What is open is ranked anew with the next step. */
  readonly rankAnew: () => void;
}

export function createActions({ clock, serial, find, track, analyse, keep, tell, publish, lessons, rankAnew }: Hands): IncidentActions {
  /** Whoever is told that it failed asks again: what is not stored has not happened. */
  const change = async (one: Tracked, work: () => Promise<void>): Promise<void> => {
    const { incident, due } = one;
    try {
      await work();
    } catch (error) {
      one.incident = incident;
      one.due = due;
      one.dirty = true;
      throw error;
    }
  };
  const put = async (one: Tracked, next: Incident, type: IncidentEvent['type']): Promise<Incident> => {
    if (next === one.incident) return next;
    await change(one, () => {
      one.incident = next;
      return publish(one, type);
    });
    return one.incident;
  };
  const edit = (id: string, type: IncidentEvent['type'], edited: (incident: Incident, now: UnixMs) => Incident): Promise<Incident> =>
    serial(async () => {
      const one = await find(id);
      return put(one, edited(one.incident, clock()), type);
    });

  const forget = async (incident: Incident, by: string): Promise<Incident> => {
    await lessons.remove(incident.id);
    rankAnew();
    return told(incident, 'judged', `${by}: what was learned from this weighs in no other incident any more`, clock());
  };

  return {
    acknowledge: (id, by) => edit(id, 'acknowledged', (incident, now) => acknowledged(incident, by, now)),
    note: (id, author, text) => edit(id, 'updated', (incident, now) => noted(incident, author, text, now)),
    resolve: (id, by) => edit(id, 'resolved', (incident, now) => closed(incident, by, now)),
    reopen: (id, by) => edit(id, 'updated', (incident, now) => reopenedBy(incident, by, now)),
    assign: (id, to, by) => edit(id, 'updated', (incident, now) => assigned(incident, to, by, now)),
    setSeverity: (id, severity, by) => edit(id, 'updated', (incident, now) => ranked(incident, severity, by, now)),
    judge: (id, verdict, by) =>
      serial(async () => {
        const one = await find(id);
        const next = judged(one.incident, verdict, by, clock());
        // What is no longer said is no longer learned.
        const forgotten = verdict.anomaly === '' && lessons.of(id) && said(next) !== said(one.incident);
        return put(one, forgotten ? await forget(next, by) : next, 'updated');
      }),
    learn: (id, by) =>
      serial(async () => {
        const one = await find(id);
        const lesson = lessonOf(one.incident, by, clock());
        await lessons.add(lesson);
        rankAnew();
        return put(one, told(one.incident, 'judged', `${by}: ${causeText(lesson.service, lesson.detail)} ranks higher in incidents like this from now on`, clock()), 'updated');
      }),
    unlearn: (id, by) =>
      serial(async () => {
        const one = await find(id).catch((error: unknown) => {
          if (error instanceof PipelineError && error.code === 'NOT_FOUND') return null;
          throw error;
        });
        // The incident may be older than what is kept; what it taught is not.
        if (one === null) return lessons.remove(id).then(rankAnew);
        await put(one, await forget(one.incident, by), 'updated');
      }),
    merge: (id, other, by) =>
      serial(async () => {
        const [home, away] = [await find(id), await find(other)];
        const now = clock();
        const { into, gone } = merged(home.incident, away.incident, by, now);
        const over = away.incident.status === 'resolved';
        await change(home, () => change(away, async () => {
          home.incident = into;
          away.incident = gone;
          await analyse(home, now);
          away.dirty = true;
          await keep([[home, 'updated'], [away, over ? 'updated' : 'resolved']]);
        }));
        // What cannot be told of either now is with the next steps.
        await tell(home);
        await tell(away);
        return home.incident;
      }),
    split: (id, anomalies, by) =>
      serial(async () => {
        const one = await find(id);
        const now = clock();
        const created = randomUUID();
        const { stays, moved } = without(one.incident, anomalies, created, by, now);
        const opened = told(openIncident(created, moved, now), 'changed', `Split off from “${one.incident.title}” (${id}) by ${by}`, now);
        const other: Tracked = { incident: { ...opened, apart: [id] }, version: 0, analysed: NOT_ANALYSED, dirty: true, due: 'opened', heldUntil: 0 };
        await change(one, async () => {
          one.incident = stays;
          await analyse(one, now);
          await analyse(other, now);
          await keep([[other, 'opened'], [one, 'updated']]);
        });
        track(other);
        // What cannot be told of either now is with the next steps.
        await tell(other);
        await tell(one);
        return { incident: one.incident, created: other.incident };
      }),
  };
}

/** The cause that the verdict names. */
const said = ({ verdict }: Incident): string => (verdict?.kind === 'wrong_cause' ? causeText(verdict.cause, verdict.detail) : '');
