import { CatchBoundary, type ErrorComponentProps } from '@tanstack/react-router';
import { lazy, Suspense, type ReactElement, type ReactNode } from 'react';
import { useSession } from '../api/session.js';
import { FailurePage } from './failure-page.js';
import { loaded } from './loaded.js';
import styles from './shell.module.css';

const LoginPage = lazy(() => loaded(import('./login-page.js')).then(({ LoginPage: component }) => ({ default: component })));

/** The application, for whoever may see it. Nothing of it is shown, or asked for, before that is known. */
export function SignedIn({ children }: { readonly children: ReactNode }): ReactElement | null {
  const session = useSession();
  if (session.isPending) return null;
  if (!session.data?.required || session.data.identity) return <>{children}</>;
  return (
    <CatchBoundary getResetKey={() => 'login'} errorComponent={LoginFailed}>
      <Suspense fallback={null}>
        <LoginPage />
      </Suspense>
    </CatchBoundary>
  );
}

function LoginFailed(failure: ErrorComponentProps): ReactElement {
  return (
    <main className={styles['page']}>
      <FailurePage {...failure} />
    </main>
  );
}
