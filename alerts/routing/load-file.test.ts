import { expect, it } from 'vitest';
import { readRouting, type ReceiversSpec } from './load-file.js';

const ROUTE = 'route: { receiver: a }\n';
async function specOf(receivers: string): Promise<ReceiversSpec> {
  const read: ReceiversSpec[] = [];
  await readRouting(`${ROUTE}${receivers}`, '/nowhere/alertmanager.yml', (spec) => (read.push(spec), { integrations: [], faults: [] }), 0);
  const [spec] = read;
  if (!spec) throw new Error('no receivers were read');
  return spec;
}

it('takes every scalar as it is written, but for those that are absent', async () => {
  const { receivers } = await specOf('receivers: [{ name: a, key: , x: [00123456, 1e5, 0x1F, 12345678901234567890, 1.50, True, "07", \'\', ~, null, text] }]');
  expect(receivers).toEqual([{ name: 'a', key: null, x: ['00123456', '1e5', '0x1F', '12345678901234567890', '1.50', 'True', '07', '', null, null, 'text'] }]);
});

it('takes what an anchor or a merge brings as it is written', async () => {
  const { receivers } = await specOf('x: &key { key: 007 }\nreceivers: [{ name: a, y: *key, <<: *key }]');
  expect(receivers).toEqual([{ name: 'a', y: { key: '007' }, key: '007' }]);
});
