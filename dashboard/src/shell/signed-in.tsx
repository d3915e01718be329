import { CatchBoundary, type ErrorComponentProps } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, type ReactElement, type ReactNode } from 'react';
import { useSession } from '../api/session.js';
import { FailurePage } from './failure-page.js';
import { loaded } from './loaded.js';
import { LoginDialog } from './login-dialog.js';
import login from './login.module.css';
import styles from './shell.module.css';

const loadForm = () => loaded(import('./login-form.js')).then(({ LoginForm: component }) => ({ default: component }));
const LoginForm = lazy(loadForm);

/** The application, for whoever may see it. Nothing of it is shown, or asked for, before that is known; when they have to sign in again, it stays below. */
export function SignedIn({ children }: { readonly children: ReactNode }): ReactElement | null {
  const session = useSession();
  const { required = false, identity = null, lapsed = false } = session.data ?? {};
  // Loaded again, the page would have lost what is typed on it.
  useEffect(() => void (required && loadForm().catch(() => {})), [required]);
  if (session.isPending) return null;
  if (required && !identity && !lapsed) return <LoginPage />;
  return (
    <>
      {children}
      {lapsed && (
        <LoginDialog>
          <LoginPart>
            <LoginForm who={identity?.name ?? ''} title="Sign in again" note="Your session is over. What you typed is still there." />
          </LoginPart>
        </LoginDialog>
      )}
    </>
  );
}

/** In place of every page until somebody signs in. The address stays, and with it the page that was asked for. */
function LoginPage(): ReactElement {
  useEffect(() => {
    document.title = 'Sign in · Faultline';
    return () => void (document.title = 'Faultline');
  }, []);
  return (
    <LoginPart>
      <main className={login['page']}>
        <LoginForm title="Sign in to Faultline" />
      </main>
    </LoginPart>
  );
}

function LoginPart({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <CatchBoundary getResetKey={() => 'login'} errorComponent={LoginFailed}>
      <Suspense fallback={null}>{children}</Suspense>
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
