import type { Request, Response } from 'express';
import { SESSION_MS } from './sessions.js';

export function cookieOf(request: Request, name: string): string {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return '';
}

/** An empty value takes it away. */
export function setCookie(request: Request, response: Response, name: string, value: string): void {
  response.cookie(name, value, { httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/', maxAge: value === '' ? 0 : SESSION_MS, encode: (text) => text });
}
