import { describe, expect, it } from 'vitest';
import type { ApiAlert, ApiAlertGroup, ApiSilence } from '#core/api/alerts.js';
import { byUrgency, firstOf, matching, stateOf } from './alert-state.js';
import { matchersIn, matchersOf, matcherText, silencesWith } from './matchers.js';

const alert = (labels: ApiAlert['labels'], status: Partial<ApiAlert['status']> = {}): ApiAlert => ({
  fingerprint: JSON.stringify(labels), labels, annotations: {}, startsAt: '', endsAt: '', updatedAt: '', generatorURL: '', receivers: [], status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [], ...status },
});
const group = (name: string, ...alerts: ApiAlert[]): ApiAlertGroup => ({ receiver: { name }, labels: {}, alerts });

describe('the matchers of a silence', () => {
  it.each([
    ['alertname="Down", job=~"a|b"', [['alertname', 'Down', false, true], ['job', 'a|b', true, true]]],
    ['{team!=db,"service.name"!~"x.*"}', [['team', 'db', false, false], ['service.name', 'x.*', true, false]]],
    ['summary="say \\"hi\\", all"', [['summary', 'say "hi", all', false, true]]],
  ])('are read from %s', (text, expected) => expect(matchersIn(text)?.map(({ name, value, isRegex, isEqual }) => [name, value, isRegex, isEqual])).toEqual(expected));
  it.each(['', 'Down', 'a="b" c="d"', 'a="b', '="b"'])('are none in %s', (text) => expect(matchersIn(text)).toBeNull());
  it('come from the labels of an alert, and can be read back', () => {
    const text = matchersOf({ job: 'a"b', alertname: 'Down', 'service.name': 'x' });
    expect(text).toBe('alertname="Down", job="a\\"b", "service.name"="x"');
    expect(matchersIn(text)?.map(matcherText).join(', ')).toBe(text);
  });
  it('are what a silence is found by, as its comment and its author are', () => {
    const silence = (text: string, comment: string, createdBy: string): ApiSilence => ({ id: comment, matchers: matchersIn(text) ?? [], comment, createdBy, startsAt: '', endsAt: '', updatedAt: '', status: { state: 'active' } });
    const all = [silence('job="api", env=~"a|b"', 'moved', 'ada'), silence('team!="db"', 'Night work', 'grace')];
    expect(['JOB=api', 'job="api"', 'env=~', 'night', 'ada', '', 'x'].map((q) => silencesWith(all, q).map(({ comment }) => comment).join())).toEqual(['moved', 'moved', 'moved', 'Night work', 'moved', 'moved,Night work', '']);
  });
});

describe('the state of an alert', () => {
  it('is what holds it back, or how bad it is', () => {
    expect([alert({ severity: 'page' }), alert({}), alert({ severity: 'page' }, { silencedBy: ['1'] }), alert({}, { inhibitedBy: ['1'] }), alert({}, { mutedBy: ['night'] })].map((one) => stateOf(one).word)).toEqual(['Active', 'Active', 'Silenced', 'Inhibited', 'Muted now']);
    expect(stateOf(alert({ severity: 'page' })).state).toBe('critical');
  });
  it('shows so many of all groups', () => {
    const groups = [group('a', alert({ n: '1' }), alert({ n: '2' })), group('b', alert({ n: '3' }), alert({ n: '4' })), group('c', alert({ n: '5' }))];
    expect([3, 2, 9].map((most) => firstOf(groups, most).map(({ alerts, count }) => [alerts.length, count]))).toEqual([[[2, 2], [1, 2]], [[2, 2]], [[2, 2], [2, 2], [1, 1]]]);
  });
  it('puts the worst group first, and finds text', () => {
    const groups = [group('chat', alert({ severity: 'page' }, { silencedBy: ['1'] })), group('mail', alert({ severity: 'info' })), group('pager', alert({ severity: 'info' }), alert({ severity: 'critical', job: 'api' }))];
    expect(byUrgency(groups).map(({ receiver, alerts }) => [receiver.name, alerts[0]?.labels['severity']])).toEqual([['pager', 'critical'], ['mail', 'info'], ['chat', 'page']]);
    expect(matching(groups, 'JOB=a').map(({ receiver, alerts }) => [receiver.name, alerts.length])).toEqual([['pager', 1]]);
  });
});
