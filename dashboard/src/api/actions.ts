import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { ApiIncident } from '#core/api/incidents.js';
import type { MuteProposal } from '#core/feedback.js';
import type { ApiModel } from '#core/models.js';
import type { CauseDetail, Incident, Severity, VerdictKind } from '#core/types.js';
import { send, type ApiFailure } from './client.js';
import { refreshIncidents } from './events.js';

export type IncidentAction =
  | { readonly kind: 'acknowledge' | 'resolve' | 'reopen'; readonly by: string }
  | { readonly kind: 'note'; readonly author: string; readonly text: string }
  | { readonly kind: 'assign'; readonly to: string; readonly by: string }
  | { readonly kind: 'severity'; readonly severity: Severity | null; readonly by: string }
  | { readonly kind: 'merge'; readonly other: string; readonly by: string }
  | { readonly kind: 'split'; readonly anomalies: readonly string[]; readonly by: string }
  | { readonly kind: 'verdict'; readonly verdict: VerdictKind | null; readonly anomaly: string; readonly cause: string; readonly detail: CauseDetail | null; readonly by: string };

interface Changed {
  readonly incident: Incident;
  /** Of a verdict: mutes that would have kept it out. */
  readonly proposals?: readonly MuteProposal[];
  /** Of a split: the new incident. */
  readonly created?: Incident;
}

/** What a person does to an incident. The answer is shown at once; lists follow. */
export function useIncidentAction(id: string): UseMutationResult<Changed, ApiFailure, IncidentAction> {
  const client = useQueryClient();
  const path = `/api/incidents/${encodeURIComponent(id)}`;
  return useMutation({
    mutationFn: (action) => send<Changed>(`${path}/${action.kind === 'note' ? 'notes' : action.kind}`, bodyOf(action)),
    onSuccess: ({ incident }) => {
      client.setQueryData<ApiIncident>([path, {}], (old) => (old ? { ...old, incident } : old));
      refreshIncidents(client);
    },
  });
}

function bodyOf(action: IncidentAction): object {
  const { kind: _kind, ...body } = action;
  if (action.kind !== 'verdict') return body;
  const { verdict, anomaly, cause, detail, by } = action;
  return { kind: verdict, anomaly, cause, detail, by, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
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
