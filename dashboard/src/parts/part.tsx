import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement, type ReactNode } from 'react';
import type { Answer } from '../api/hooks.js';
import { clock } from '../format/time.js';
import { serverNow } from '../time/server-now.js';
import { EmptyState } from './empty-state.js';
import { ErrorPart } from './error-part.js';
import { Skeleton } from './skeleton.js';
import styles from './part.module.css';

interface PartProps<T> {
  readonly query: Answer<T>;
  /** What this part shows, for its error: "services". */
  readonly name: string;
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}

const SLOW_MS = 1_000;
const CANCEL_MS = 10_000;

/**
 * A part of a page that shows the answer to one question, in every state the question can be in:
 * asked (layout kept, progress after 1 s, a way out after 10 s), given up, failed, old, answered. A failure stays inside its part.
 */
export function Part<T>({ query, name, skeleton, children }: PartProps<T>): ReactElement {
  const client = useQueryClient();
  const { data, error, isPlaceholderData, dataUpdatedAt, refetch, isFetching, isEnabled } = query;
  if (data !== undefined) {
    return (
      <div className={isPlaceholderData ? styles['changing'] : styles['whole']} aria-busy={isPlaceholderData}>
        {error && (
          <p className={styles['stale']} role="status">
            Stale: {name} as of {clock(serverNow(dataUpdatedAt))}. {error.message}{' '}
            <button type="button" className={styles['again']} onClick={() => void refetch()} disabled={isFetching}>
              Try again
            </button>
          </p>
        )}
        {children(data)}
      </div>
    );
  }
  if (error) return <ErrorPart name={name} failure={error} retry={() => void refetch()} busy={isFetching} />;
  if (isEnabled && !isFetching) {
    return (
      <EmptyState title={`Loading ${name} was cancelled`}>
        <Button size="compact-sm" variant="default" onClick={() => void refetch()}>Try again</Button>
      </EmptyState>
    );
  }
  // An answer does not name its question; whoever watches it is known by what asks it again.
  const cancel = (): void => void client.cancelQueries({ predicate: ({ observers }) => observers.some((observer) => observer.refetch === refetch) });
  return <Waiting name={name} skeleton={skeleton ?? <Skeleton />} onCancel={cancel} />;
}

function Waiting({ name, skeleton, onCancel }: { readonly name: string; readonly skeleton: ReactNode; readonly onCancel: () => void }): ReactElement {
  const [waited, setWaited] = useState(0);
  useEffect(() => {
    const timers = [SLOW_MS, CANCEL_MS].map((ms) => setTimeout(() => setWaited(ms), ms));
    return () => timers.forEach(clearTimeout);
  }, []);
  return (
    <div className={styles['waiting']} aria-busy>
      {skeleton}
      <p className={styles['progress']} role="status">
        {waited >= SLOW_MS && `Loading ${name} …`}
        {waited >= CANCEL_MS && (
          <button type="button" className={styles['again']} onClick={onCancel}>
            Cancel
          </button>
        )}
      </p>
    </div>
  );
}
