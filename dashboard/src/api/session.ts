import { useMutation, useQuery, useQueryClient, type QueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { ApiSession, Role } from '#core/access.js';
import { ApiFailure, read, send } from './client.js';
import type { Answer } from './hooks.js';

const PATH = '/api/session';

/** Who the server takes this browser for. Asked once; a refusal of anything else says when it is over. */
export function useSession(): Answer<ApiSession> {
  return useQuery<ApiSession, ApiFailure>({ queryKey: [PATH], queryFn: ({ signal }) => read<ApiSession>(PATH, {}, signal), staleTime: Number.POSITIVE_INFINITY });
}

/** For every answer that failed: nobody is signed in any more. */
export function noticeSignedOut(client: QueryClient, error: unknown): void {
  if (error instanceof ApiFailure && error.status === 401) client.setQueryData<ApiSession>([PATH], { required: true, identity: null });
}

export function useSignIn(): UseMutationResult<ApiSession, ApiFailure, { readonly name: string; readonly password: string }> {
  const client = useQueryClient();
  return useMutation({ mutationFn: (form) => send<ApiSession>('/api/login', form), onSuccess: (session) => become(client, session) });
}

export function useSignOut(): UseMutationResult<ApiSession, ApiFailure, void> {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => send<ApiSession>('/api/logout', {}), onSuccess: (session) => become(client, session) });
}

/** What was read for another is forgotten. */
function become(client: QueryClient, session: ApiSession): void {
  client.setQueryData<ApiSession>([PATH], session);
  client.removeQueries({ predicate: ({ queryKey: [path] }) => path !== PATH });
}

const RANK: Readonly<Record<Role, number>> = { ingest: 0, viewer: 1, editor: 2, admin: 3 };

/** Why whoever is signed in may not do what takes `role`; '' when they may, and where nobody signs in. */
export function useBar(role: 'editor' | 'admin'): string {
  const { data } = useSession();
  if (!data?.identity || RANK[data.identity.role] >= RANK[role]) return '';
  return `${data.identity.name} has the role ${data.identity.role}; this takes ${role}`;
}
