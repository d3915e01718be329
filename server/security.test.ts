import type { Request, Response } from 'express';
import { expect, it } from 'vitest';
import { inAddress } from '#core/loopback.js';
import { createGuard } from './security.js';

/** The status that a request for this name gets. */
function asked(host: string, allowed: readonly string[], name: string): number {
  let status = 200;
  const response = { setHeader: () => response, status: (given: number) => ((status = given), response), json: () => response } as unknown as Response;
  createGuard(host, allowed)({ headers: { host: name } } as Request, response, () => undefined);
  return status;
}

it('answers under the address that it is bound to, of IPv6 too, and under no other', () => {
  for (const host of ['fd00::1', 'FD00:0:0:0:0:0:0:1']) expect([asked(host, [], '[fd00::1]:8080'), asked(host, [], '[fd00::2]:8080'), asked(host, [], 'evil.example:8080')]).toEqual([200, 403, 403]);
  expect(asked('127.0.0.1', ['fd00::1', 'Faultline.example'], '[fd00::1]')).toBe(200);
  expect([asked('127.0.0.1', ['Faultline.example'], 'faultline.example:8080'), asked('127.0.0.1', [], 'localhost:8080'), asked('::', [], '[fd00::2]:8080'), asked('127.0.0.1', [], '192.0.2.1')]).toEqual([200, 200, 200, 403]);
  expect([inAddress('fd00::1'), inAddress('192.0.2.1'), inAddress('localhost')]).toEqual(['[fd00::1]', '192.0.2.1', 'localhost']);
});

it('takes a name with the dot at its end for the same', () => {
  expect([asked('127.0.0.1', ['Faultline.example.'], 'faultline.example'), asked('127.0.0.1', ['faultline.example'], 'faultline.example.:8080')]).toEqual([200, 200]);
});
