import '@mantine/core/styles.layer.css';
import './theme/palette.css';
import './theme/base.css';
import { MantineProvider } from '@mantine/core';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiFailure } from './api/client.js';
import { noticeSignedOut } from './api/session.js';
import { router } from './routes.js';
import { SignedIn } from './shell/signed-in.js';
import { resolver, theme } from './theme/theme.js';

const MAX_RETRIES = 2;

const onError = (error: unknown): void => noticeSignedOut(client, error);
const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // A refused question is refused again, and who waited long is told at once; only what the server calls its own trouble is worth another try.
      retry: (failures, error) => failures < MAX_RETRIES && !(error instanceof ApiFailure && (error.code === 'TIMEOUT' || (error.status >= 400 && error.status < 500))),
      retryDelay: (failures) => 500 * 2 ** failures,
      // A dashboard on a wall has no focus and an offline flag says nothing about localhost.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

const element = document.getElementById('root');
if (element) {
  createRoot(element).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto">
        <QueryClientProvider client={client}>
          <SignedIn>
            <RouterProvider router={router} />
          </SignedIn>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
