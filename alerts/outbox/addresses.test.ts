import { describe, expect, it } from 'vitest';
import { mayReach } from './addresses.js';

describe('where messages may go', () => {
  it.each(['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::', '::169.254.169.254', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '0.0.0.0', '::', '224.0.0.1', '255.255.255.255', 'ff02::1', 'not an address'])(
    'never to %s',
    (address) => expect(mayReach(address, true)).toBe(false),
  );
  it.each(['127.0.0.1', '::1', '10.1.2.3', '172.20.0.1', '192.168.1.1', '::ffff:10.0.0.1', 'fd12::1'])('to %s unless private addresses are refused', (address) => {
    expect([mayReach(address, true), mayReach(address, false)]).toEqual([true, false]);
  });
  it.each(['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '::ffff:93.184.215.14'])('always to %s', (address) => expect(mayReach(address, false)).toBe(true));
});
