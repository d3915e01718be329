import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { boundHeads, boundPort, close, createDoors, createHttpServer, listen, type Doors } from './http-server.js';
import { silentLogger } from './log.js';

const where = { host: '127.0.0.1', port: 0, what: 'the shop', variable: 'SHOP_PORT', logger: silentLogger };
const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});

describe('listening', () => {
  it('stays open when it cannot take a connection', async () => {
    const server = createServer((_request, response) => response.end('in'));
    await listen(server, where);
    const doors = { stop: () => close(server), port: () => (server.address() as { port: number }).port };
    opened.push(doors);
    for (const _ of [1, 2]) server.emit('error', new Error('accept EMFILE'));
    expect(await (await fetch(`http://127.0.0.1:${doors.port()}`)).text()).toBe('in');
  });

  it('lets few connections wait, so that those it comes to are still wanted', async () => {
    const server = createServer();
    await listen(server, where);
    opened.push({ stop: () => close(server) });
    const counted = new Int32Array(new SharedArrayBuffer(8));
    // Sees what the kernel lets in while this thread takes nobody.
    const clients = new Worker(
      `const { connect } = require('node:net');
       const { port, counted } = require('node:worker_threads').workerData;
       for (let made = 0; made < 200; made += 1) connect(port, '127.0.0.1').on('error', () => {}).on('connect', () => Atomics.add(counted, 1, 1));
       setTimeout(() => { Atomics.store(counted, 0, 1); Atomics.notify(counted, 0); }, 300);`,
      { eval: true, workerData: { port: boundPort(server, 0), counted } },
    );
    Atomics.wait(counted, 0, 0);
    const waiting = counted[1] ?? 0;
    await clients.terminate();
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThanOrEqual(80);
  });

  it('says who cannot listen where a port is taken, and how to choose another', async () => {
    const first = createDoors(createServer(), () => undefined, { ...where, tls: undefined });
    await first.start();
    opened.push(first);
    const second = createServer();
    await expect(listen(second, { ...where, port: first.port() })).rejects.toMatchObject({ code: 'PORT_IN_USE', message: `127.0.0.1:${first.port()} is in use, so the shop cannot listen there; set SHOP_PORT to another port` });
    await close(second);
    await expect(listen(createServer(), { ...where, host: '2001:db8::1' })).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringMatching(/^\[2001:db8::1\]:0 cannot be bound \(.*\), so the shop cannot listen there; set FAULTLINE_HOST to an address of this machine$/) });
  });
});

describe('heads that do not end', () => {
  it('are held up to a bound together, the largest least, and count no more once a request is there', async () => {
    const server = createServer({ maxHeaderSize: 64 * 1024 }, (_request, response) => response.end('in'));
    boundHeads(server, 200_000);
    await listen(server, where);
    const port = boundPort(server, 0);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    opened.push({ stop: async () => (agent.destroy(), close(server)) });
    const ask = async (path: string): Promise<number | undefined> => {
      const [response] = (await once(get({ port, path, agent }), 'response')) as [IncomingMessage];
      await once(response.resume(), 'end');
      return response.statusCode;
    };
    // On one connection, which has read more than the bound by then.
    for (let request = 0; request < 6; request += 1) expect(await ask(`/?${'x'.repeat(60_000)}`)).toBe(200);
    const slow = (bytes: number): Socket => connect(port).on('error', () => undefined).on('connect', function begin(this: Socket) {
      this.write(`GET /?${'x'.repeat(bytes)}`);
    });
    const [small, ...large] = [1_000, ...Array<number>(6).fill(50_000)].map(slow);
    await expect.poll(() => large.filter(({ destroyed }) => destroyed).length).toBe(3);
    expect([small?.destroyed, await ask('/')]).toEqual([false, 200]);
    for (const socket of [small, ...large]) socket?.destroy();
  });
});

describe('closing', () => {
  it('ends a request that takes longer than it may', async () => {
    const server = createServer();
    const asked = once(server, 'request');
    await listen(server, where);
    const answer = fetch(`http://127.0.0.1:${(server.address() as { port: number }).port}`).then(
      () => 'answered',
      () => 'ended',
    );
    await asked;
    const began = performance.now();
    await close(server, 50);
    expect(performance.now() - began).toBeGreaterThan(45);
    expect(await answer).toBe('ended');
    await close(server);
  });
});

describe('doors', () => {
  const openWith = async (tls: Parameters<typeof createDoors>[2]['tls']): Promise<Doors> => {
    const doors = createDoors(createHttpServer({}, tls), (_request, response) => response.end('own'), { ...where, tls });
    opened.push(doors);
    await doors.start();
    return doors;
  };

  it('are one without TLS', async () => {
    const doors = await openWith(undefined);
    expect(doors.ownUrl()).toBe(`http://127.0.0.1:${doors.port()}`);
  });

  it('are two with it: the process asks itself without', async () => {
    const doors = await openWith({ follow: () => undefined });
    expect(doors.ownUrl()).not.toContain(String(doors.port()));
    expect(await (await fetch(doors.ownUrl())).text()).toBe('own');
  });
});
