import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';

export type Connection = 'connecting' | 'open' | 'lost';

const RECONNECT_MS = 5_000;

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();

function set(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const listener of listeners) listener();
}

/** Whether the server's event stream is up; `lost` means that what is on screen may be old. */
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

/** Listens to the server while the application is open. */
export function useIncidentEvents(): void {
  const client = useQueryClient();
  useEffect(() => {
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    function connect(): void {
      source = new EventSource('/api/events');
      source.addEventListener('incident', () => refreshIncidents(client));
      source.addEventListener('open', () => {
        // What happened while the stream was down was not sent.
        if (connection === 'lost') void client.invalidateQueries();
        set('open');
      });
      source.addEventListener('error', () => {
        set('lost');
        // The browser comes back by itself after a broken line, but not after a refusal.
        if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, RECONNECT_MS);
      });
    }
    connect();
    return () => {
      clearTimeout(again);
      source.close();
    };
  }, [client]);
}
