import { Button } from '@mantine/core';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { AGAIN_MS, isNotLoaded, reloadOnce } from './loaded.js';

/** A page that broke. The shell around it still works. One whose code is not there is loaded again by itself, as soon as the server answers: who left the old one waits for this one. */
export function FailurePage({ error, reset }: ErrorComponentProps): ReactElement {
  const notLoaded = isNotLoaded(error);
  useEffect(() => {
    if (!notLoaded) return undefined;
    void reloadOnce();
    const timer = setInterval(() => void reloadOnce(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [notLoaded]);
  return (
    <div className="stack" role="alert">
      <h1>{notLoaded ? 'This page could not be loaded' : 'This page failed'}</h1>
      <p className="dim">{error instanceof Error ? error.message : String(error)}</p>
      <div className="row">
        {!notLoaded && (
          <Button size="xs" onClick={reset}>
            Try again
          </Button>
        )}
        <Button size="xs" variant={notLoaded ? 'filled' : 'default'} onClick={() => location.reload()}>
          Load the dashboard again
        </Button>
      </div>
    </div>
  );
}

export function NotFoundPage(): ReactElement {
  return (
    <div className="stack">
      <title>There is no such page · Faultline</title>
      <h1>There is no such page</h1>
      <p className="dim">
        The address may be mistyped. <Link to="/">Home</Link> shows what is wrong right now.
      </p>
    </div>
  );
}
