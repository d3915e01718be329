import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { ApiAlert, ApiAlertGroup, ApiNotification, ApiNotifications, ApiRoutePreview, ApiRouting, ApiSilence } from '#core/api/alerts.js';
import type { RangeText } from '../time/range.js';
import { remove, send, type ApiFailure } from './client.js';
import { useAsk, type Answer } from './hooks.js';

const EVERY = { everyMs: 10_000 };

export const useRouting = (): Answer<ApiRouting> => useAsk('/api/routing', {}, EVERY);
export const useAlertGroups = (): Answer<readonly ApiAlertGroup[]> => useAsk('/api/v2/alerts/groups', {}, EVERY);
export const useSilences = (): Answer<readonly ApiSilence[]> => useAsk('/api/v2/silences', {}, EVERY);
/** Alerts that match; matchers that cannot be read are the server's refusal. */
export const useMatchingAlerts = (filter: string): Answer<readonly ApiAlert[]> => useAsk('/api/v2/alerts', { filter }, { ...EVERY, enabled: filter.trim() !== '', keep: false });

export type NotificationStatus = ApiNotification['status'];
export const useNotifications = (status: NotificationStatus | 'all'): Answer<ApiNotifications> => useAsk('/api/notifications', { status }, EVERY);
/** What was sent about one incident. */
export const useNotificationsAbout = (about: string, { from, to }: RangeText): Answer<ApiNotifications> => useAsk('/api/notifications', { about, from, to }, EVERY);

/** With the id of the silence that it changes. */
export type SilenceDraft = Pick<ApiSilence, 'matchers' | 'startsAt' | 'endsAt' | 'createdBy' | 'comment'> & Partial<Pick<ApiSilence, 'id'>>;
export type AlertAction = { readonly kind: 'silence'; readonly draft: SilenceDraft } | { readonly kind: 'expire'; readonly id: string } | { readonly kind: 'replay'; readonly id: string };

/** What a person does about alerts. Everything that shows them is read again. */
export function useAlertAction(): UseMutationResult<unknown, ApiFailure, AlertAction> {
  const client = useQueryClient();
  return useMutation<unknown, ApiFailure, AlertAction>({
    mutationFn: (action) => act(action),
    onSuccess: () => void client.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === 'string' && (path.startsWith('/api/v2/') || path === '/api/notifications') }),
  });
}

function act(action: AlertAction): Promise<unknown> {
  switch (action.kind) {
    case 'silence':
      return send('/api/v2/silences', action.draft);
    case 'expire':
      return remove(`/api/v2/silence/${encodeURIComponent(action.id)}`);
    case 'replay':
      return send(`/api/notifications/${encodeURIComponent(action.id)}/replay`, {});
  }
}

/** Where an alert with these labels would go. */
export const useRoutePreview = (labels: string): Answer<ApiRoutePreview> => useAsk('/api/routing/preview', { labels }, { enabled: labels.trim() !== '', keep: false });
