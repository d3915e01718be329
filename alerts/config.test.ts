import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';

const load = (alerts: Record<string, unknown>, env: Record<string, string> = {}) => loadConfig({ env, defaults: { alerts } }).alerts;
const url = 'http://127.0.0.1:9000/hook';

describe('the alerts configuration', () => {
  it('takes lists from the environment', () => {
    const { webhooks, slack, autoscale } = load({}, {
      FAULTLINE_ALERTS_WEBHOOKS: `[{"name":"a","url":"${url}"}]`,
      FAULTLINE_ALERTS_SLACK: '[{name: b, url_file: /run/b, min_severity: critical}]',
      FAULTLINE_ALERTS_AUTOSCALE_POLICIES: `[{name: c, service: checkout, url: "${url}", target_per_replica: 25, max_replicas: 9}]`,
    });
    expect(webhooks).toMatchObject([{ name: 'a', url, events: ['opened', 'resolved'], min_severity: 'info', headers: {} }]);
    expect(slack).toMatchObject([{ name: 'b', min_severity: 'critical' }]);
    expect(autoscale.policies).toMatchObject([{ min_replicas: 1, max_step: 4, scale_in_cooldown: 600_000, horizon: 300_000, dry_run: false }]);
  });

  it.each([
    ['an address of another scheme', { webhooks: [{ name: 'a', url: 'file:///etc/passwd' }] }, /webhooks\.0\.url: expected an http/],
    ['no address', { webhooks: [{ name: 'a' }] }, /give either url or url_file/],
    ['two addresses', { slack: [{ name: 'a', url, url_file: '/x' }] }, /give either url or url_file/],
    ['a weak secret', { webhooks: [{ name: 'a', url, secret: 'hunter2' }] }, /expected whsec_/],
    ['two of a name', { webhooks: [{ name: 'a', url }], slack: [{ name: 'a', url }] }, /share a name/],
    ['a header of ours', { webhooks: [{ name: 'a', url, headers: { 'Webhook-Id': '1' } }] }, /set by Faultline itself/],
    ['an unknown key', { webhooks: [{ name: 'a', url, retries: 3 }] }, /retries/],
    ['bounds the wrong way round', { autoscale: { policies: [{ name: 'a', service: 's', url, target_per_replica: 1, min_replicas: 5, max_replicas: 2 }] } }, /min_replicas is above/],
  ])('refuses %s', (_, alerts, fault) => expect(() => load(alerts)).toThrow(fault));

  it('says nothing of a secret that it refuses', () => {
    expect(() => load({ webhooks: [{ name: 'a', url, secret: 'hunter2' }], slack: [{ name: 'b', url: 'ftp://h/T0/B0/x1' }] })).not.toThrow(/hunter2|B0/);
  });

  it('lets a dry run go without an address', () => {
    expect(load({ autoscale: { policies: [{ name: 'a', service: 's', target_per_replica: 1, max_replicas: 2, dry_run: true }] } }).autoscale.policies).toHaveLength(1);
  });
});
