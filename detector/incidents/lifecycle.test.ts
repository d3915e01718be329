import { expect, it } from 'vitest';
import type { Anomaly, UnixMs } from '#core/types.js';
import { incidentsConfig } from './config.js';
import { isOver, openIncident, over, withEvidence } from './lifecycle.js';
import { anomalyOf, T } from './testing.js';

const MINUTE = 60_000;
const config = incidentsConfig.parse({});

function errors(service: string, score: number, startsAt: UnixMs, endsAt: UnixMs | null): Anomaly {
  return anomalyOf('errors', service, { id: service, startsAt, endsAt, updatedAt: endsAt ?? T, value: 0.5, score, points: 20 });
}

it('keeps what lasts before stronger evidence that is over, of which it keeps the strongest, and is not over', () => {
  const ended = Array.from({ length: 60 }, (_, index) => errors(`ended-${index}`, 60 - index / 10, T - 20 * MINUTE, T - 3 * MINUTE));
  const all = [...ended, errors('weak', 6, T - 10 * MINUTE, null)];
  const meaning = { causes: [], deploys: [], changes: [], explained: all, before: undefined };
  const incident = withEvidence(openIncident('one', all, T), all, meaning, config, T);
  const names = incident.evidence.map(({ id }) => id);
  expect(names).toEqual([...ended.slice(0, config.max_evidence - 1).map(({ id }) => id), 'weak']);
  expect(isOver(incident, config, T)).toBe(false);
  const later = withEvidence(incident, [...incident.evidence.filter(({ id }) => id !== 'weak'), errors('weak', 6, T - 10 * MINUTE, T - 2 * MINUTE)], meaning, config, T);
  expect(isOver(later, config, T)).toBe(true);
  // The clock was set back since.
  expect(isOver(later, config, T - 60 * MINUTE)).toBe(true);
});

it('keeps what names the cause, also when that is over and more lasts than it keeps', () => {
  const host = anomalyOf('metric', 'node-2', { id: 'host', startsAt: T - 10 * MINUTE, endsAt: T, series: { metric: 'system_cpu_utilization' } });
  const all = [...Array.from({ length: 72 }, (_, index) => errors(`shop-${index}`, 60, T - 10 * MINUTE, null)), host];
  const cause = { service: 'node-2', confidence: 0.8, reason: '', onsetAt: T - 10 * MINUTE };
  const { evidence } = withEvidence(openIncident('one', all, T), all, { causes: [cause], deploys: [], changes: [], explained: all, before: undefined }, config, T);
  expect([evidence.length, evidence.some(({ id }) => id === 'host')]).toEqual([config.max_evidence, true]);
});

it.each<[string, Partial<Anomaly>, string, string]>([
  ['is back', {}, 'All evidence is over', 'errors 0 % → 50 % ended'],
  ['is taken for the new level', { ended: 'new level' }, 'Not known to be over: a: errors 0 % → 50 % lasts and is taken for the new level', 'errors 0 % → 50 % lasts and is taken for the new level'],
  ['fell silent', { ended: 'silent' }, 'Not known to be over: a: errors 0 % → 50 %: nothing heard since 22:12:20 UTC', 'errors 0 % → 50 %: nothing heard since 22:12:20 UTC'],
  ['is an operation that is not called any more', { ended: 'silent', series: { ...errors('a', 6, T, T).series, operation: 'GET /' } }, 'All evidence is over or no longer heard of', 'GET / errors 0 % → 50 %: nothing heard since 22:12:20 UTC'],
])('says at its end what became of evidence that %s', (_name, change, text, line) => {
  const all = [{ ...errors('a', 6, T - 10 * MINUTE, T - MINUTE), ...change }];
  const incident = withEvidence(openIncident('one', all, T - 10 * MINUTE), all, { causes: [], deploys: [], changes: [], explained: all, before: undefined }, config, T);
  const ended = over(incident, T);
  expect(ended).toMatchObject({ status: 'resolved', endsAt: T, summary: text === 'All evidence is over' ? '' : `${text}.` });
  expect(ended.timeline.at(-1)).toMatchObject({ kind: 'resolved', text });
  expect(ended.timeline.find(({ at }) => at === T - MINUTE)).toMatchObject({ kind: change.ended ? 'anomaly' : 'recovered', text: line });
});
