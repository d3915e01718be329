import { describe, expect, it } from 'vitest';
import { parseAlertmanagerFile } from './alertmanager-file.js';
import { readRouting } from './load-file.js';
import { groupKeyOf, groupLabelsOf, routesOf } from './route.js';

const FILE = `
global: { resolve_timeout: 7m, slack_api_url: 'https://hooks.example.com/s3cret' }
route:
  receiver: team
  group_by: [alertname, cluster]
  routes:
    - match: { service: db, code: 500 }
      match_re: { owner: 'a|b' }
      receiver: dba
      group_by: []
      group_wait: 10s
      routes:
        - matchers: [ severity="page", "host !~ \\"test.*\\"" ]
          continue: yes
          group_by: ['...']
          group_interval: 1m
        - matchers: ['severity=page']
          receiver: pager
          repeat_interval: 1d
    - matchers: ['{"service.name"="web"}']
      mute_time_intervals: [night]
      active_time_intervals: [days]
receivers:
  - name: team
    slack_configs: [{ channel: '#a', api_url: 'https://hooks.example.com/s3cret' }]
  - name: dba
  - name: pager
inhibit_rules:
  - source_match: { severity: critical }
    target_match_re: { severity: 'warning|info' }
    equal: [cluster]
mute_time_intervals:
  - name: night
    time_intervals: [{ times: [{ start_time: 22:00, end_time: 24:00 }] }]
time_intervals:
  - { name: days, time_intervals: [{ weekdays: ['monday:friday'], location: Europe/Berlin }] }
`;
const none = { integrations: [], faults: [] };

describe('an alertmanager.yml', () => {
  it('gives a tree in which nodes inherit', () => {
    const { plan, faults } = parseAlertmanagerFile(FILE, 'am.yml');
    expect(faults).toEqual([]);
    if (!plan) throw new Error('no plan');
    expect([plan.resolveTimeoutMs, plan.receivers, [...plan.timeIntervals.keys()]]).toEqual([420_000, ['team', 'dba', 'pager'], ['night', 'days']]);
    const labels = { alertname: 'Slow', service: 'db', code: '500', owner: 'b', severity: 'page', host: 'h1', cluster: 'eu' };
    const routes = routesOf(plan.route, labels);
    expect(routes.map(({ receiver, groupWaitMs, groupIntervalMs, repeatIntervalMs, groupBy }) => [receiver, groupWaitMs, groupIntervalMs, repeatIntervalMs, groupBy])).toEqual([
      ['dba', 10_000, 60_000, 14_400_000, 'all'],
      ['pager', 10_000, 300_000, 86_400_000, ['alertname', 'cluster']],
    ]);
    expect(routes.map((route) => groupKeyOf(route, groupLabelsOf(route, labels)))).toEqual([
      '{}/{code="500",owner=~"^(?:a|b)$",service="db"}/{host!~"test.*",severity="page"}:{alertname="Slow", cluster="eu", code="500", host="h1", owner="b", service="db", severity="page"}',
      '{}/{code="500",owner=~"^(?:a|b)$",service="db"}/{severity="page"}:{alertname="Slow", cluster="eu"}',
    ]);
    expect(routesOf(plan.route, { ...labels, host: 'test1' }).map(({ receiver }) => receiver)).toEqual(['pager']);
    expect(routesOf(plan.route, { 'service.name': 'web' }).map(({ receiver, muteTimes, activeTimes }) => [receiver, muteTimes, activeTimes])).toEqual([['team', ['night'], ['days']]]);
    expect(routesOf(plan.route, {}).map(({ id }) => id)).toEqual(['']);
  });

  it('names every fault at once, each with its line', () => {
    const { plan, faults } = parseAlertmanagerFile(`route:
  receiver: nobody
  group_by: ['...', a]
  matchers: [a=b]
  routes:
    - matchers: ['a=~"["']
      receivers: [x]
      group_interval: 0s
      repeat_interval: soon
    - mute_time_intervals: [never]
receivers: [{ name: a }, { name: a }]
tracing: {}
inhibit_rules: [{ sauce_match: {} }]
time_intervals: [{ name: t, time_intervals: [{ weekdays: [fri], times: [{ start_time: '9', end_time: '10:00' }] }] }]
`, 'am.yml');
    expect(plan).toBeUndefined();
    const found = faults.join('\n');
    for (const part of ['am.yml:7: route.routes[0].receivers: not a key', 'am.yml:6: route.routes[0].matchers: "[" is no RE2 expression', 'am.yml:8: route.routes[0].group_interval: cannot be zero', 'am.yml:9: route.routes[0].repeat_interval: not a valid duration', 'am.yml:12: tracing: not a key', 'inhibit_rules[0].sauce_match: not a key', 'fri is not a valid weekday', "couldn't parse timestamp 9"]) expect(found).toContain(part);
    const second = parseAlertmanagerFile("route:\n  receiver: nobody\n  group_by: ['...', a]\n  matchers: [a=b]\n  routes: [{ mute_time_intervals: [never] }]\nreceivers: [{ name: a }, { name: a }]\n", 'am.yml').faults.join('\n');
    for (const part of ['am.yml:2: undefined receiver "nobody"', 'cannot have wildcard group_by', 'must not have any matchers', 'undefined time interval "never"', 'receiver name "a" is not unique']) expect(second).toContain(part);
  });

  it.each(['', 'receivers: []', 'route: {}\nreceivers: [{name: a}]', 'route: [', '- 1', 'route: { receiver: a }'])('is refused: %j', (text) => {
    const { plan, faults } = parseAlertmanagerFile(text, 'am.yml');
    expect([plan, faults.length > 0]).toEqual([undefined, true]);
  });

  it('is shown without the settings of receivers, and adds the faults of those', async () => {
    const { file } = await readRouting(FILE, '/etc/am.yml', () => none, 0);
    expect(file?.original).not.toContain('s3cret');
    expect(parseAlertmanagerFile(file?.original ?? '', 'shown.yml')).toMatchObject({ faults: [], plan: { receivers: ['team', 'dba', 'pager'], resolveTimeoutMs: 420_000 } });
    let asked: unknown;
    const { faults } = await readRouting(FILE, '/etc/am.yml', (spec, folder) => ((asked = [spec, folder]), { integrations: [], faults: ['receivers[0]: no channel'] }), 0);
    expect([faults, asked]).toMatchObject([['/etc/am.yml: receivers[0]: no channel'], [{ receivers: [{ name: 'team' }, {}, {}], templates: undefined }, '/etc']]);
  });
});
