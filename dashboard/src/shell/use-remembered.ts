import { useCallback, useState } from 'react';

/** Text kept in this browser across visits. Blocked storage only forgets. */
export function useRemembered(key: string, initial: string): readonly [string, (change: string | ((old: string) => string)) => void] {
  const [value, setValue] = useState(() => load(key) ?? initial);
  const change = useCallback(
    (next: string | ((old: string) => string)) =>
      setValue((old) => {
        const text = typeof next === 'string' ? next : next(old);
        save(key, text);
        return text;
      }),
    [key],
  );
  return [value, change];
}

function load(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function save(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Private windows may refuse; the value lives until the page closes.
  }
}
