import { useMutation, useQuery, useQueryClient, type QueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { ApiSession, Role } from '#core/access.js';
import { isSignedOut, read, send, type ApiFailure } from './client.js';
import type { Answer } from './hooks.js';

const PATH = '/api/session';

/** `lapsed`: the server no longer takes this browser for `identity`, nobody signed out, and what is on screen stays until somebody signs in again. */
interface Session extends ApiSession {
  readonly lapsed?: boolean;
}

/** Who the server takes this browser for. Asked once; a refusal of anything else says when it is over. */
export function useSession(): Answer<Session> {
  return useQuery<Session, ApiFailure>({ queryKey: [PATH], queryFn: ({ signal }) => read<Session>(PATH, {}, signal), staleTime: Number.POSITIVE_INFINITY });
}

/** For every answer that failed: nobody is signed in any more. Of whoever signed out, nothing is on screen that could stay. */
export function noticeSignedOut(client: QueryClient, error: unknown): void {
  if (!isSignedOut(error)) return;
  client.setQueryData<Session>([PATH], (old) => (old?.required === true && old.identity === null ? old : { required: true, identity: old?.identity ?? null, lapsed: true }));
}

export function useSignIn(): UseMutationResult<ApiSession, ApiFailure, { readonly name: string; readonly password: string }> {
  const client = useQueryClient();
  return useMutation({ mutationFn: (form) => send<ApiSession>('/api/login', form), onSuccess: (session) => become(client, session) });
}

export function useSignOut(): UseMutationResult<ApiSession, ApiFailure, void> {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => send<ApiSession>('/api/logout', {}), onSuccess: (session) => become(client, session) });
}

/** Whoever comes back sees what they saw, read anew; what was read for another, or written by them, is forgotten. */
function become(client: QueryClient, session: ApiSession): void {
  const { lapsed = false, identity = null } = client.getQueryData<Session>([PATH]) ?? {};
  if (lapsed && identity && identity.name !== session.identity?.name) return location.reload();
  client.setQueryData<Session>([PATH], session);
  const others = { predicate: ({ queryKey: [path] }: { readonly queryKey: readonly unknown[] }) => path !== PATH };
  if (lapsed) void client.invalidateQueries(others);
  else client.removeQueries(others);
}

const RANK: Readonly<Record<Role, number>> = { ingest: 0, viewer: 1, editor: 2, admin: 3 };

/** Why whoever is signed in may not do what takes `role`; '' when they may, and where nobody signs in. */
export function useBar(role: 'editor' | 'admin'): string {
  const { data } = useSession();
  if (!data?.identity || RANK[data.identity.role] >= RANK[role]) return '';
  return `${data.identity.name} has the role ${data.identity.role}; this takes ${role}`;
}
