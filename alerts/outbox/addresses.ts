import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PipelineError } from '#core/errors.js';

/**
 * Never a receiver: link-local (cloud metadata among it), unspecified, multicast and reserved addresses, and the
 * metadata services that live elsewhere: AWS and Google over IPv6, Alibaba, Oracle, Azure.
 * Mapped, translated and tunnelled spellings of 169.254.0.0/16 are listed because they reach the same host.
 */
const FORBIDDEN = blockList([
  '169.254.0.0/16', '0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32',
  'fe80::/10', '::/128', 'ff00::/8', 'fd00:ec2::/32', 'fd20:ce::254/128', '::a9fe:0/112', '64:ff9b::a9fe:0/112', '64:ff9b:1::/48', '2002:a9fe::/32',
]);
const PRIVATE = blockList(['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', '::1/128', 'fc00::/7', '64:ff9b::/96', '2002::/16']);

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Whether a message may be sent to `address`, an IPv4 or IPv6 address with or without a zone. */
export function mayReach(address: string, allowPrivate: boolean): boolean {
  const [plain = ''] = address.split('%');
  const version = isIP(plain);
  if (version === 0) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  return !FORBIDDEN.check(plain, family) && (allowPrivate || !PRIVATE.check(plain, family));
}

export function refused(host: string): PipelineError {
  return new PipelineError('DELIVERY_FAILED', `${host} is an address that messages are never sent to: link-local, metadata or not allowed by alerts.delivery.allow_private_addresses`, { retryable: false });
}

/** Resolves a name for the very connection that is then made, so that a second answer of DNS cannot get past the check. Fails when any address is forbidden. */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      const [first] = addresses;
      if (!first || addresses.some(({ address }) => !mayReach(address, allowPrivate))) return callback(refused(hostname), '', 0);
      if (options.all === true) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}
