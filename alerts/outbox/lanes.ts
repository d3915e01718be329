import type { UnixMs } from '#core/types.js';
import type { Notification } from './table.js';

/** A message that waits. */
export interface Item {
  row: Notification;
  dueAt: UnixMs;
  /** It is being sent, or struck out. */
  busy: boolean;
  /** From when on `give_up_after` counts. */
  readonly since: UnixMs;
}

/** Messages to one receiver about one incident form a lane and leave strictly in order. */
export interface Lanes {
  add(row: Notification, since: UnixMs): void;
  remove(item: Item): void;
  /** Those in the lane of a message. */
  of(row: Pick<Notification, 'receiver' | 'incident'>): readonly Item[];
  /** The first of each lane. */
  heads(): Iterable<Item>;
  /** How many wait, by receiver. */
  waiting(): Iterable<readonly [receiver: string, count: number]>;
  waitingFor(receiver: string): number;
  clear(): void;
}

export function createLanes(): Lanes {
  const lanes = new Map<string, readonly Item[]>();
  const waiting = new Map<string, number>();
  const keyOf = ({ receiver, incident }: Pick<Notification, 'receiver' | 'incident'>): string => `${receiver}\u0000${incident}`;
  const of = (row: Pick<Notification, 'receiver' | 'incident'>): readonly Item[] => lanes.get(keyOf(row)) ?? [];
  const waitingFor = (receiver: string): number => waiting.get(receiver) ?? 0;

  return {
    add(row, since) {
      lanes.set(keyOf(row), [...of(row), { row, dueAt: row.nextAt, busy: false, since }]);
      waiting.set(row.receiver, waitingFor(row.receiver) + 1);
    },
    remove(item) {
      const lane = of(item.row);
      const rest = lane.filter((other) => other !== item);
      waiting.set(item.row.receiver, waitingFor(item.row.receiver) + rest.length - lane.length);
      if (rest.length > 0) lanes.set(keyOf(item.row), rest);
      else lanes.delete(keyOf(item.row));
    },
    of,
    *heads() {
      for (const [first] of lanes.values()) if (first) yield first;
    },
    waiting: () => waiting,
    waitingFor,
    clear() {
      lanes.clear();
      waiting.clear();
    },
  };
}
