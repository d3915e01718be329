import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { ApiIncident } from '#core/api.js';
import type { Incident } from '#core/types.js';
import { send, type ApiFailure } from './client.js';
import { refreshIncidents } from './events.js';

export type IncidentAction = { readonly kind: 'acknowledge'; readonly by: string } | { readonly kind: 'resolve'; readonly by: string } | { readonly kind: 'note'; readonly author: string; readonly text: string };

/** What a person does to an incident. The answer is shown at once; lists follow. */
export function useIncidentAction(id: string): UseMutationResult<{ incident: Incident }, ApiFailure, IncidentAction> {
  const client = useQueryClient();
  const path = `/api/incidents/${encodeURIComponent(id)}`;
  return useMutation({
    mutationFn: ({ kind, ...body }) => send<{ incident: Incident }>(`${path}/${kind === 'note' ? 'notes' : kind}`, body),
    onSuccess: ({ incident }) => {
      client.setQueryData<ApiIncident>([path, {}], (old) => (old ? { ...old, incident } : old));
      refreshIncidents(client);
    },
  });
}
