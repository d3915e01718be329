import { Button } from '@mantine/core';
import { IconAlertOctagon } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { ApiFailure } from '../api/client.js';
import styles from './empty-state.module.css';

interface ErrorPartProps {
  readonly name: string;
  readonly failure: ApiFailure;
  readonly retry?: () => void;
  readonly busy?: boolean;
}

/** What the same question cannot be answered with, however often it is asked. */
const FINAL: Readonly<Record<number, string>> = { 400: 'What was asked has a fault', 403: 'This is not allowed', 404: 'Nothing was found', 422: 'What was asked cannot be worked out' };

/** Names the part that failed, says why in the server's words, and offers the next step, if there is one. */
export function ErrorPart({ name, failure, retry, busy = false }: ErrorPartProps): ReactElement {
  const final = FINAL[failure.status];
  return (
    <div className={styles['empty']} role="alert">
      <IconAlertOctagon className={styles['failed']} aria-hidden size={20} />
      <h3>{final ?? `The ${name} could not be read`}</h3>
      <p className="dim">
        {failure.message} <span className="faint mono">{failure.code}</span>
      </p>
      {retry && final === undefined && (
        <Button size="compact-sm" variant="default" onClick={retry} loading={busy}>
          Try again
        </Button>
      )}
    </div>
  );
}
