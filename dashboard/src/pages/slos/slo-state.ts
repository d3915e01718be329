import type { ApiSlo } from '#core/api/slos.js';

/** Below this share of the budget a person should look before the next release. */
export const LOW = 0.25;

/** Critical while a critical alert fires or the budget is overspent, warning while another fires or little is left, learning before the first evaluation, error when there cannot be one. */
export function stateOf({ burning, budgetLeft, error }: Pick<ApiSlo, 'burning' | 'budgetLeft' | 'error'>): 'ok' | 'warning' | 'critical' | 'learning' | 'error' {
  if (burning === 'critical' || (budgetLeft !== null && budgetLeft < 0)) return 'critical';
  if (burning !== '' || (budgetLeft !== null && budgetLeft < LOW)) return 'warning';
  if (error !== '') return 'error';
  return budgetLeft === null ? 'learning' : 'ok';
}
