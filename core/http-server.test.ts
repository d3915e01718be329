import type { Server } from 'node:http';
import { expect, it } from 'vitest';
import { silentLogger } from './log.js';
import { createOwnDoor } from './tls.js';

it('stays open when it cannot take a connection', async () => {
  const servers: Server[] = [];
  const door = createOwnDoor((request, response) => {
    servers.push((request.socket as unknown as { readonly server: Server }).server);
    response.end('in');
  }, silentLogger);
  await door.start();
  const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${door.port()}`)).text();
  expect(await ask()).toBe('in');
  for (const _ of [1, 2]) servers[0]?.emit('error', new Error('accept EMFILE'));
  expect(await ask()).toBe('in');
  await door.stop();
});
