import type { ApiSlo } from '#core/api.js';

/** Critical while a critical alert fires or the budget is overspent, warning while another fires, learning before the first evaluation. */
export function stateOf({ burning, budgetLeft }: Pick<ApiSlo, 'burning' | 'budgetLeft'>): 'ok' | 'warning' | 'critical' | 'learning' {
  if (burning === 'critical' || (budgetLeft !== null && budgetLeft < 0)) return 'critical';
  if (burning !== '') return 'warning';
  return budgetLeft === null ? 'learning' : 'ok';
}
