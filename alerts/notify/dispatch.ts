import { createHash } from 'node:crypto';
import { createSerial } from '#core/serial.js';
import type { Consumer } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Draft, Outbox } from '../outbox/outbox.js';
import { loadHistories } from '../outbox/table.js';
import { noticeFor, type NoticeType } from './notice.js';
import type { Receiver } from './receiver.js';
import type { Subject } from './subjects.js';

/** Incidents and alerts whose history is kept at hand; that of others is read again. */
const MAX_REMEMBERED = 500;

interface History {
  readonly sent: ReadonlySet<string>;
  readonly last: ReadonlyMap<string, NoticeType>;
}

export interface DispatchOptions {
  readonly store: Store;
  readonly receivers: readonly Receiver[];
  readonly outbox: Pick<Outbox, 'add'>;
}

/** Turns events of incidents and alerts into a message per receiver that wants it: all of them are accepted, or none. An event given again adds nothing. */
export function createDispatch({ store, receivers, outbox }: DispatchOptions): Consumer<readonly Subject[]> {
  const histories = new Map<string, History>();
  const serial = createSerial();

  async function historiesOf(keys: readonly string[]): Promise<Map<string, History>> {
    const unknown = keys.filter((key) => !histories.has(key));
    const rows = unknown.length > 0 ? await loadHistories(store, unknown) : [];
    const loaded = new Map<string, { sent: Set<string>; last: Map<string, NoticeType> }>(unknown.map((key) => [key, { sent: new Set(), last: new Map() }]));
    for (const { incident, id, receiver, event } of rows) {
      loaded.get(incident)?.sent.add(id);
      loaded.get(incident)?.last.set(receiver, event as NoticeType);
    }
    return new Map(keys.map((key) => [key, histories.get(key) ?? loaded.get(key) ?? { sent: new Set(), last: new Map() }]));
  }

  function remember(key: string, history: History): void {
    histories.delete(key);
    histories.set(key, history);
    const [oldest] = histories.keys();
    if (histories.size > MAX_REMEMBERED && oldest !== undefined) histories.delete(oldest);
  }

  async function dispatch(subjects: readonly Subject[]): Promise<void> {
    const wanted = subjects.filter((subject) => receivers.some((receiver) => subject.wantedBy(receiver)));
    if (wanted.length === 0) return;
    const known = await historiesOf([...new Set(wanted.map(({ key }) => key))]);
    const drafts: Draft[] = [];
    for (const subject of wanted) {
      const { key, log = '' } = subject;
      const history = known.get(key);
      const sent = new Set(history?.sent);
      const last = new Map(history?.last);
      for (const receiver of receivers.filter((one) => subject.wantedBy(one))) {
        const id = messageId(receiver.name, subject);
        const type = sent.has(id) ? null : noticeFor(subject, receiver.filter, last.get(receiver.name));
        if (type === null) continue;
        drafts.push({ id, receiver: receiver.name, event: type, incident: key, log, body: subject.render(receiver, type) });
        sent.add(id);
        last.set(receiver.name, type);
      }
      known.set(key, { sent, last });
    }
    if (drafts.length > 0) await outbox.add(drafts);
    for (const [key, history] of known) remember(key, history);
  }

  return {
    consume: (subjects) => (receivers.length === 0 ? Promise.resolve() : serial(() => dispatch(subjects))),
  };
}

/** The same for the same event: one that is handed over twice is sent once. */
function messageId(receiver: string, { key, type, stamp }: Subject): string {
  return `msg_${createHash('sha256').update(JSON.stringify([receiver, key, type, stamp])).digest('hex').slice(0, 32)}`;
}
