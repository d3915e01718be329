import { describe, expect, it } from 'vitest';
import { alertFingerprint, merge, type KnownAlert } from './alert-book.js';

const NOW = 1000;
const alert = (startsAt: number, endsAt: number, timesOut = false): KnownAlert => ({ fingerprint: 'f', labels: {}, annotations: { at: String(startsAt) }, startsAt, endsAt, timesOut, updatedAt: NOW, generatorURL: '' });
const times = ({ startsAt, endsAt }: KnownAlert): [number, number] => [startsAt, endsAt];

describe('an alert that is told again', () => {
  it.each<[string, KnownAlert | undefined, KnownAlert, [number, number]]>([
    ['is taken as it is the first time', undefined, alert(900, 1200), [900, 1200]],
    ['lasts as long as was said last', alert(900, 1100), alert(900, 1300), [900, 1300]],
    ['began when it was first said to', alert(900, 1100), alert(950, 1300), [900, 1300]],
    ['began earlier when another sender knows better', alert(950, 1100), alert(900, 1050), [900, 1100]],
    ['keeps an end that was named over one that follows from silence', alert(900, 1500), alert(900, 1300, true), [900, 1500]],
    ['is not held by an end that follows from silence', alert(900, 1500, true), alert(900, 1300), [900, 1300]],
    ['is over when that is said', alert(900, 1500), alert(900, 990), [900, 990]],
    ['is over at the later of two ends', alert(900, 995), alert(900, 990), [900, 995]],
    ['fires anew after its end', alert(900, 950), alert(980, 1300), [980, 1300]],
  ])('%s', (_, before, next, expected) => expect(times(merge(before, next, NOW))).toEqual(expected));

  it('has the annotations that were said last', () => expect(merge(alert(900, 1100), alert(950, 1300), NOW).annotations).toEqual({ at: '950' }));
});

it('has the fingerprint that Alertmanager gives it, whatever the order of its labels', () => {
  // What prometheus-alertmanager 0.25 answers for these.
  expect(alertFingerprint({ team: 'db', severity: 'critical', cluster: 'eu', alertname: 'Crash' })).toBe('2b0c68ee1ebe75cc');
  expect(alertFingerprint({ alertname: 'Größe "x"\n', cluster: 'ä' })).toBe('b051daacb761a324');
});
