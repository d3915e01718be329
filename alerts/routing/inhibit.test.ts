import { describe, expect, it } from 'vitest';
import type { Labels } from '#core/types.js';
import { createInhibitor } from './inhibit.js';
import { parseMatchers } from './matcher-parse.js';

const rule = (source: string, target: string, ...equal: string[]) => ({ source: parseMatchers(source), target: parseMatchers(target), equal });
const alert = (fingerprint: string, labels: Labels) => ({ fingerprint, labels });

describe('an alert is held back by', () => {
  const inhibitor = createInhibitor(
    [rule('severity=critical', 'severity=~"critical|warning"', 'cluster'), rule('alertname=Down', 'severity!=critical')],
    [alert('a', { severity: 'critical', cluster: 'eu' }), alert('b', { severity: 'critical', cluster: 'eu' }), alert('c', { severity: 'critical', cluster: 'us' }), alert('d', { alertname: 'Down', severity: 'warning', cluster: 'us' })],
  );

  it.each<[string, Labels, string[]]>([
    ['one of those that would, of the first rule', { severity: 'warning', cluster: 'eu' }, ['a']],
    ['one with the same values', { severity: 'warning', cluster: 'us' }, ['c']],
    ['one of another rule', { severity: 'info', cluster: 'eu' }, ['d']],
    ['none that is held back itself by the same rule', { severity: 'critical', cluster: 'eu' }, []],
  ])('%s', (_, labels, expected) => expect(inhibitor(labels)).toEqual(expected));

  it('one that is no target, where it matches both sides itself', () => {
    const both = [alert('both', { severity: 'page', team: 'db' }), alert('source', { severity: 'page' })];
    expect(createInhibitor([rule('severity=page', 'team=db')], both)({ severity: 'page', team: 'db' })).toEqual(['source']);
  });

  it('one alone, in a storm', () => {
    const storm = Array.from({ length: 5000 }, (_, index) => alert(`critical ${index}`, { severity: 'critical', instance: String(index) }));
    const held = createInhibitor([rule('severity=critical', 'severity=warning')], storm);
    expect(storm.map(({ labels }) => held({ ...labels, severity: 'warning' }).length)).toEqual(storm.map(() => 1));
  });
});
