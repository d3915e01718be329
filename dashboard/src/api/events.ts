import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { useSession } from './session.js';

export type Connection = 'connecting' | 'open' | 'lost';

const RECONNECT_MS = 5_000;
/** How long a page out of sight keeps its stream: browsers open six connections to a host without HTTP/2, all tabs together. */
const HIDDEN_MS = 10_000;

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();

function set(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const listener of listeners) listener();
}

/** Whether the server's event stream is up, or was when the page was last in sight; `lost` means that what is on screen may be old. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
    () => connection,
  );
}

/** Asks again for everything that an incident shows in. */
export function refreshIncidents(client: QueryClient): void {
  void client.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === 'string' && (path.startsWith('/api/incidents') || path === '/api/verdicts' || path === '/api/services' || path === '/api/map') });
}

/** Listens to the server while somebody may see the page; not while it would be refused. */
export function useIncidentEvents(): void {
  const client = useQueryClient();
  const lapsed = useSession().data?.lapsed === true;
  useEffect(() => {
    if (lapsed) return undefined;
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let hiding: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    function connect(): void {
      const stream = new EventSource('/api/events');
      source = stream;
      stream.addEventListener('incident', () => refreshIncidents(client));
      stream.addEventListener('open', () => {
        // What happened while the stream was down was not sent.
        if (connection === 'lost') void client.invalidateQueries();
        else if (left) refreshIncidents(client);
        left = false;
        set('open');
      });
      stream.addEventListener('error', () => {
        set('lost');
        // The browser comes back by itself after a broken line, but not after a refusal.
        if (stream.readyState === EventSource.CLOSED) again = setTimeout(connect, RECONNECT_MS);
      });
    }
    function leave(): void {
      clearTimeout(again);
      source?.close();
      source = undefined;
      left = true;
    }
    function look(): void {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(leave, HIDDEN_MS);
      else if (!source) connect();
    }
    document.addEventListener('visibilitychange', look);
    look();
    return () => {
      document.removeEventListener('visibilitychange', look);
      clearTimeout(hiding);
      leave();
    };
  }, [client, lapsed]);
}
