import { describe, expect, it } from 'vitest';
import { createNotificationLog, reasonToTell, type LogEntry, type Reason } from './notification-log.js';

const told = (firing: string[], resolved: string[] = []): LogEntry => ({ at: 0, firing, resolved });
const HOUR = 3_600_000;

describe('a receiver is told', () => {
  it.each<[string, LogEntry | undefined, string[], string[], number, boolean, Reason | null]>([
    ['of the first alert', undefined, ['a'], [], 1, true, 'firing'],
    ['nothing of one that was over before', undefined, [], ['a'], 1, true, null],
    ['nothing new', told(['a']), ['a'], [], 1, true, null],
    ['of one more', told(['a']), ['a', 'b'], [], 1, true, 'firing'],
    ['of one less', told(['a', 'b']), ['a'], ['b'], 1, true, 'firing'],
    ['not of one less, if it asked for no ends', told(['a', 'b']), ['a'], ['b'], 1, false, null],
    ['not of one less twice', told(['a'], ['b']), ['a'], ['b'], 1, true, null],
    ['that all is over', told(['a']), [], ['a'], 1, true, 'resolved'],
    ['that all is over, if only for the log', told(['a']), [], ['a'], 1, false, 'resolved'],
    ['not twice that all is over', told([], ['a']), [], ['a'], HOUR, true, null],
    ['nothing when all is held back', told(['a']), [], [], 1, true, null],
    ['of one that comes back', told([], ['a']), ['a'], [], 1, true, 'firing'],
    ['again after a while', told(['a']), ['a'], [], HOUR, true, 'repeat'],
    ['again where the clock was set back by as much', told(['a']), ['a'], [], -HOUR, true, 'repeat'],
    ['not a moment before', told(['a']), ['a'], [], HOUR - 1, true, null],
  ])('%s', (_, last, firing, resolved, now, sendResolved, expected) => expect(reasonToTell(last, { firing, resolved }, { sendResolved, repeatIntervalMs: HOUR, now })).toBe(expected));
});

it('what was told long ago is known as long as its group is there', () => {
  const log = createNotificationLog({ query: () => Promise.resolve([]) });
  for (const key of ['silenced', 'gone']) log.put('team/webhook/0', key, told(['a']));
  log.forget(HOUR, new Set(['silenced']));
  expect(['silenced', 'gone'].map((key) => log.isTold(['team/webhook/0'], key, 'a'))).toEqual([true, false]);
});
