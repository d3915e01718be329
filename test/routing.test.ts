import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestReceiver, type TestReceiver } from '../alerts/testing.js';
import { dataFolder, startProduct, until, type Product } from './product.js';

/** The product under an alertmanager.yml, killed without warning. */
let receiver: TestReceiver;
let product: Product;
const folder = dataFolder();
const env = { FAULTLINE_DATA_DIR: join(folder, 'data'), FAULTLINE_ALERTS_ALERTMANAGER_CONFIG: join(folder, 'alertmanager.yml') };

beforeAll(async () => {
  receiver = await openTestReceiver();
  writeFileSync(env.FAULTLINE_ALERTS_ALERTMANAGER_CONFIG, `
route: { receiver: team, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h }
receivers: [{ name: team, webhook_configs: [{ url: '${receiver.url}' }] }]
`);
  product = await startProduct(env);
}, 120_000);
afterAll(async () => {
  await product.stop();
  await receiver.close();
});

interface Told {
  readonly status: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}
const told = (): Told[] => receiver.requests.map(({ body }) => JSON.parse(body) as Told);
async function post(alertname: string, instances: readonly number[], over = false): Promise<void> {
  const alerts = instances.map((instance) => ({ labels: { alertname, instance: String(instance) }, startsAt: new Date(Date.now() - 500).toISOString(), endsAt: new Date(Date.now() + (over ? 0 : 600_000)).toISOString() }));
  const { status } = await fetch(`${product.url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) });
  expect(status).toBe(200);
}
async function restart(): Promise<void> {
  await product.stop('SIGKILL');
  product = await startProduct(env, product.ports);
}

it('neither repeats nor loses a message when it is killed at any moment', async () => {
  const instances = [0, 1, 2];
  const names = Array.from({ length: 12 }, (_, index) => `Alert${index}`);
  // Killed while the first are told, the next wait, and the last have only just been taken.
  for (const name of names) {
    await post(name, instances);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await restart();
  await until('everything was told', async () => new Set(told().map(({ groupLabels }) => groupLabels['alertname'])).size === names.length);
  await restart();
  // Ends that were taken a moment before.
  await post('Alert0', instances, true);
  await restart();
  await until('the end was told', async () => told().some(({ status }) => status === 'resolved'));
  // Two intervals more: nothing is said again.
  await new Promise((resolve) => setTimeout(resolve, 4500));
  const firing = told().filter(({ status }) => status === 'firing');
  expect([...new Set(firing.map(({ groupLabels }) => groupLabels['alertname'] ?? ''))].toSorted()).toEqual(names.toSorted());
  // At least once: only what was on its way when the process died may come twice.
  expect(firing.length).toBeLessThanOrEqual(names.length + 4);
  for (const { alerts } of firing) expect(alerts).toHaveLength(instances.length);
  expect(told().filter(({ status }) => status === 'resolved').map(({ groupLabels, alerts }) => [groupLabels['alertname'], alerts.length])).toEqual([['Alert0', 3]]);
}, 180_000);
