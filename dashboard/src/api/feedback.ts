import { useMutation, useQuery, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { ExpectedWindow, IncidentContext, Judged, LessonEffect, LessonState, Mute, MuteDraft, MutedAnomaly, MuteEffect, MuteState, WindowState } from '#core/feedback.js';
import type { Verdict } from '#core/types.js';
import { read, REPLAY_MS, send, type ApiFailure } from './client.js';
import { useAsk, type Answer } from './hooks.js';

export const useIncidentContext = (id: string): Answer<IncidentContext> => useAsk(`/api/incidents/${encodeURIComponent(id)}/context`, {}, { everyMs: 60_000, keep: false });
export const useJudged = (): Answer<{ judged: Judged }> => useAsk('/api/verdicts', {}, { everyMs: 60_000 });
export const useMutes = (): Answer<{ mutes: readonly MuteState[] }> => useAsk('/api/mutes', {}, { everyMs: 30_000 });
export const useMuted = (id: string): Answer<{ muted: readonly MutedAnomaly[] }> => useAsk(`/api/mutes/${encodeURIComponent(id)}/anomalies`);
export const useExpected = (): Answer<{ windows: readonly WindowState[] }> => useAsk('/api/expected', {}, { everyMs: 30_000 });

export const useLessons = (): Answer<{ lessons: readonly LessonState[] }> => useAsk('/api/lessons', {}, { everyMs: 30_000 });

export const EFFECT_DAYS = 7;
export const LESSON_DAYS = 14;

/** What drafts would have removed in the last days. A replay: it is not repeated by itself. */
export function useEffectOf(drafts: readonly MuteDraft[]): Answer<{ effect: MuteEffect }> {
  const plain = drafts.map(plainOf);
  return useQuery({ queryKey: ['/api/mutes/preview', plain], queryFn: ({ signal }) => send<{ effect: MuteEffect }>('/api/mutes/preview', { drafts: plain, days: EFFECT_DAYS }, signal), enabled: plain.length > 0, staleTime: Number.POSITIVE_INFINITY });
}

/** What it would have changed to learn the cause that a verdict names. A replay: it is not repeated by itself. */
export function useLessonEffect(id: string, { cause, detail }: Verdict): Answer<{ effect: LessonEffect }> {
  return useQuery({ queryKey: ['/api/lessons/effect', id, cause, detail ?? null], queryFn: ({ signal }) => read<{ effect: LessonEffect }>(`/api/incidents/${encodeURIComponent(id)}/lesson`, { days: LESSON_DAYS }, signal, REPLAY_MS), staleTime: 60_000, retry: false });
}

export type FeedbackChange =
  | { readonly kind: 'mute'; readonly drafts: readonly MuteDraft[]; readonly by: string; readonly force: boolean }
  | { readonly kind: 'change'; readonly id: string; readonly change: Partial<Pick<Mute, 'match' | 'reason' | 'expiresAt'>>; readonly force: boolean }
  | { readonly kind: 'unmute'; readonly id: string }
  | { readonly kind: 'announce'; readonly id: string | null; readonly window: Pick<ExpectedWindow, 'name' | 'services' | 'schedule'>; readonly by: string }
  | { readonly kind: 'withdraw'; readonly id: string }
  | { readonly kind: 'learn'; readonly id: string; readonly by: string; readonly force: boolean }
  | { readonly kind: 'forget'; readonly id: string; readonly by: string };

/** Changes mutes, announced events and what was learned; what shows them is read again. */
export function useFeedbackChange(): UseMutationResult<object, ApiFailure, FeedbackChange> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change) => send<object>(...requestOf(change)),
    onSuccess: () => void client.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === 'string' && (path.startsWith('/api/mutes') || path === '/api/expected' || path === '/api/lessons' || path.startsWith('/api/incidents')) && path !== '/api/mutes/preview' }),
  });
}

function requestOf(change: FeedbackChange): [path: string, body: object] {
  switch (change.kind) {
    case 'mute':
      return ['/api/mutes', { drafts: change.drafts.map(plainOf), by: change.by, force: change.force }];
    case 'change':
      return [`/api/mutes/${change.id}`, { ...change.change, force: change.force }];
    case 'unmute':
      return [`/api/mutes/${change.id}/remove`, {}];
    case 'announce':
      return [change.id === null ? '/api/expected' : `/api/expected/${change.id}`, { ...change.window, by: change.by }];
    case 'withdraw':
      return [`/api/expected/${change.id}/remove`, {}];
    case 'learn':
      return [`/api/incidents/${encodeURIComponent(change.id)}/lesson`, { by: change.by, force: change.force }];
    case 'forget':
      return [`/api/lessons/${encodeURIComponent(change.id)}/remove`, { by: change.by }];
  }
}

const plainOf = ({ match, reason, incident }: MuteDraft): MuteDraft => ({ match, reason, incident });
