import { inAddress } from '#core/loopback.js';
import type { NextFunction, Request, Response } from 'express';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};

const withoutDot = (name: string): string => name.replace(/\.$/, '');

/** As browsers write it: of IPv6 the shortest form. */
function nameOf(host: string): string {
  const name = inAddress(host);
  return withoutDot(URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : name.toLowerCase());
}

/** Answers only under names that are its own, unless `underAnyName`, so that a foreign page cannot reach it by rebinding DNS; sets the headers that keep pages apart. */
export function createGuard(host: string, allowedHosts: readonly string[], underAnyName: (request: Request) => boolean = () => false): (request: Request, response: Response, next: NextFunction) => void {
  const names = new Set([...LOOPBACK, host, ...allowedHosts].flatMap((name) => [nameOf(name), withoutDot(inAddress(name).toLowerCase())]));
  const open = host === '0.0.0.0' || host === '::';
  return (request, response, next) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const given = withoutDot((request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase());
    // An address cannot be rebound; only names can.
    const isAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/.test(given);
    if (names.has(given) || (open && isAddress) || underAnyName(request)) return next();
    response.status(403).json({ error: { code: 'HOST_REFUSED', message: `the name ${given} is not one of this server's; add it to server.allowed_hosts` } });
  };
}
