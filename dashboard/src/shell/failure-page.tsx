import { Button } from '@mantine/core';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import type { ReactElement } from 'react';

/** A page that broke. The shell around it still works. */
export function FailurePage({ error, reset }: ErrorComponentProps): ReactElement {
  return (
    <div className="stack" role="alert">
      <h1>This page failed</h1>
      <p className="dim">{error instanceof Error ? error.message : String(error)}</p>
      <div className="row">
        <Button size="xs" onClick={reset}>
          Try again
        </Button>
        <Button size="xs" variant="default" onClick={() => location.reload()}>
          Load the dashboard again
        </Button>
      </div>
    </div>
  );
}

export function NotFoundPage(): ReactElement {
  return (
    <div className="stack">
      <h1>There is no such page</h1>
      <p className="dim">
        The address may be mistyped. <Link to="/">Home</Link> shows what is wrong right now.
      </p>
    </div>
  );
}
