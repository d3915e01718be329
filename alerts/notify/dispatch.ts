import { createHash } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import type { Consumer, IncidentEvent } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Draft, Outbox } from '../outbox/outbox.js';
import { loadHistory } from '../outbox/table.js';
import { noticeFor, type NoticeType } from './notice.js';
import type { Receiver } from './receiver.js';

/** Incidents whose history is kept at hand; that of others is read again. */
const MAX_REMEMBERED = 500;

interface History {
  readonly sent: ReadonlySet<string>;
  readonly last: ReadonlyMap<string, NoticeType>;
}

export interface DispatchOptions {
  readonly store: Store;
  readonly receivers: readonly Receiver[];
  readonly outbox: Pick<Outbox, 'add'>;
  readonly clock: Clock;
  readonly publicUrl: string;
}

/** Turns one event of an incident into a message per receiver that wants it. An event given again adds nothing. */
export function createDispatch({ store, receivers, outbox, clock, publicUrl }: DispatchOptions): Consumer<IncidentEvent> {
  const histories = new Map<string, History>();
  let tail: Promise<unknown> = Promise.resolve();

  async function historyOf(incident: string): Promise<History> {
    const known = histories.get(incident);
    if (known) return known;
    const rows = await loadHistory(store, incident);
    return { sent: new Set(rows.map(({ id }) => id)), last: new Map(rows.map(({ receiver, event }) => [receiver, event as NoticeType])) };
  }

  function remember(incident: string, history: History): void {
    histories.delete(incident);
    histories.set(incident, history);
    const [oldest] = histories.keys();
    if (histories.size > MAX_REMEMBERED && oldest !== undefined) histories.delete(oldest);
  }

  async function dispatch(event: IncidentEvent): Promise<void> {
    const { incident } = event;
    const history = await historyOf(incident.id);
    const url = `${publicUrl.replace(/\/+$/, '')}/incidents/${encodeURIComponent(incident.id)}`;
    const drafts: Draft[] = [];
    const last = new Map(history.last);
    for (const receiver of receivers) {
      const id = messageId(receiver.name, event);
      const type = history.sent.has(id) ? null : noticeFor(event, receiver.filter, last.get(receiver.name));
      if (type === null) continue;
      drafts.push({ id, receiver: receiver.name, event: type, incident: incident.id, body: receiver.render({ type, incident, url, at: clock() }) });
      last.set(receiver.name, type);
    }
    if (drafts.length > 0) await outbox.add(drafts);
    remember(incident.id, { sent: new Set([...history.sent, ...drafts.map(({ id }) => id)]), last });
  }

  return {
    consume(event) {
      if (receivers.length === 0) return Promise.resolve();
      const result = tail.then(() => dispatch(event));
      tail = result.catch(() => undefined);
      return result;
    },
  };
}

/** The same for the same event: one that is handed over twice is sent once. */
function messageId(receiver: string, { type, incident }: IncidentEvent): string {
  return `msg_${createHash('sha256').update(JSON.stringify([receiver, incident.id, type, incident.updatedAt])).digest('hex').slice(0, 32)}`;
}
