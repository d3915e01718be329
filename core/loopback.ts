import { isIPv6 } from 'node:net';

/** Whether only this machine reaches what listens on `host`. */
export const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$)/.test(host);

/** A host as it stands in addresses: of IPv6 in brackets. */
export const inAddress = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** Where this machine reaches what listens on `host`, as it stands in addresses. */
export const reachedAt = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : inAddress(host));
