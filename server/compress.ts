import compression from 'compression';
import type { Request, RequestHandler, Response } from 'express';

/**
 * Answers in gzip or Brotli, as the reader takes them: the dashboard is a third of its size.
 * Not for readers on this machine, whom it would only make wait, and not for event streams, which it would hold back.
 */
export function createCompression(): RequestHandler {
  return compression({ filter: (request, response) => !isLocal(request as Request) && !isStream(response as Response) && compression.filter(request, response) });
}

/** A proxy on this machine says for whom it asks. */
function isLocal({ socket, headers }: Request): boolean {
  return /^(::1|(::ffff:)?127\.)/.test(socket.remoteAddress ?? '') && headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
}

const isStream = (response: Response): boolean => String(response.getHeader('content-type')).startsWith('text/event-stream');
