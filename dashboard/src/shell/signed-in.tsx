import { lazy, Suspense, type ReactElement, type ReactNode } from 'react';
import { useSession } from '../api/session.js';
import { loaded } from './loaded.js';

const LoginPage = lazy(() => loaded(import('./login-page.js')).then(({ LoginPage: component }) => ({ default: component })));

/** The application, for whoever may see it. Nothing of it is shown, or asked for, before that is known. */
export function SignedIn({ children }: { readonly children: ReactNode }): ReactElement | null {
  const session = useSession();
  if (session.isPending) return null;
  if (!session.data?.required || session.data.identity) return <>{children}</>;
  return (
    <Suspense fallback={null}>
      <LoginPage />
    </Suspense>
  );
}
