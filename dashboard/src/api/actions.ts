import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { ApiIncident } from '#core/api.js';
import type { ApiModel } from '#core/models.js';
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

/** Which model, and what becomes of it. `rollback` goes by the name alone: the version is the one that gives way. */
export interface ModelTarget {
  readonly kind: 'shadow' | 'promote' | 'retire' | 'rollback';
  readonly name: string;
  readonly version: number;
}

/** What a person does to a model. The page is read anew after it. */
export function useModelAction(): UseMutationResult<ApiModel, ApiFailure, ModelTarget & { readonly by: string; readonly reason: string; readonly force: boolean }> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ kind, name, version, force, ...body }) => send<ApiModel>(`/api/models/${encodeURIComponent(name)}/${kind === 'rollback' ? kind : `${version}/${kind}`}`, kind === 'promote' ? { ...body, force } : body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['/api/models'] }),
  });
}
