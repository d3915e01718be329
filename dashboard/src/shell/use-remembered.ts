import { useCallback, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
/** What storage refused, until the page closes. */
const unsaved = new Map<string, string>();

/** Text kept in this browser across visits, one value for every part that asks. Blocked storage only forgets. */
export function useRemembered(key: string, initial: string): readonly [string, (change: string | ((old: string) => string)) => void] {
  const read = useCallback(() => load(key) ?? initial, [key, initial]);
  const value = useSyncExternalStore(subscribe, read, read);
  const change = useCallback(
    (next: string | ((old: string) => string)) => {
      save(key, typeof next === 'string' ? next : next(read()));
      for (const listener of listeners) listener();
    },
    [key, read],
  );
  return [value, change];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function load(key: string): string | null {
  try {
    return unsaved.get(key) ?? localStorage.getItem(key);
  } catch {
    return unsaved.get(key) ?? null;
  }
}

function save(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
    unsaved.delete(key);
  } catch {
    unsaved.set(key, text);
  }
}
