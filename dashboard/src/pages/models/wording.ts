import type { ApiAlarmChange, ApiDrift, ApiModel, ApiModelEvent, ApiModels, ModelState } from '#core/models.js';
import { duration } from '../../format/duration.js';
import { listed, plural } from '../../format/name.js';
import { significant } from '../../format/number.js';
import type { StateName } from '../../parts/state.js';

/** What stands for a state of a model: icon and tone of a state that people know from the other pages, with a word of its own. */
export const MODEL_STATES: Readonly<Record<ModelState, { readonly state: StateName; readonly word: string; readonly meaning: string }>> = {
  active: { state: 'ok', word: 'Active', meaning: 'judges every series; its alarms open incidents' },
  shadow: { state: 'acknowledged', word: 'Shadow', meaning: 'judges beside the active ones; its alarms are compared and told to nobody' },
  idle: { state: 'silent', word: 'Idle', meaning: 'registered and at rest' },
  refused: { state: 'error', word: 'Refused', meaning: 'did not load here, or failed while it ran' },
};

export const titleOf = ({ name, version }: Pick<ApiModel, 'name' | 'version'>): string => `${name} v${version}`;

/** What judges and what judges beside it, in one sentence. */
export function modelsSentence({ models, provider }: Pick<ApiModels, 'models' | 'provider'>): string {
  const of = (state: ModelState): string[] => models.filter((model) => model.state === state).map(titleOf);
  const active = of('active');
  const shadow = of('shadow');
  const on = provider === '' ? '' : ` on ${provider}`;
  const judging = active.length === 0 ? 'No model judges' : `${listed(active)} ${active.length === 1 ? 'judges' : 'judge'} every series${on}`;
  return shadow.length === 0 ? `${judging}.` : `${judging}; ${listed(shadow)} ${shadow.length === 1 ? 'runs' : 'run'} in shadow.`;
}

/** What does not judge for want of time. It is tried again by itself. */
export function leftOutWords(leftOut: 'shadow' | 'promoted'): string {
  return leftOut === 'shadow' ? 'The shadow waits until there is time again; those steps are not compared.' : 'The shadow and the models promoted beside those that come with Faultline wait until there is time again.';
}

/** What became of a model, for a person. */
export function eventText({ name, version, event, replaced }: ApiModelEvent): string {
  const model = titleOf({ name, version });
  switch (event) {
    case 'registered':
      return `${model} was registered`;
    case 'shadowed':
      return `${model} runs in shadow`;
    case 'promoted':
      return replaced === 0 ? `${model} judges` : `${model} judges in place of v${replaced}`;
    case 'rolled back':
      return replaced === version ? `${model} no longer judges` : `${model} judges again in place of v${replaced}`;
    case 'retired':
      return `${model} came to rest`;
    case 'refused':
      return `${model} was refused`;
    case 'drift':
      return 'the data moved away from those of the week before';
  }
}

/** What a series measures, from its metric alone. */
export function measureOf({ metric, labels }: Pick<ApiAlarmChange['series'], 'metric' | 'labels'>): string {
  switch (metric) {
    case 'error_ratio':
      return 'error rate';
    case 'p95':
      return 'latency p95';
    case 'error_logs':
      return 'error logs';
    case 'log_pattern':
      return `log “${labels['pattern'] ?? ''}”`;
    default:
      return metric;
  }
}

/** What the shadow would have done otherwise. */
export function changeText({ change, laterMs }: Pick<ApiAlarmChange, 'change' | 'laterMs'>): string {
  switch (change) {
    case 'added':
      return 'Added';
    case 'removed':
      return 'Removed';
    case 'delayed':
      return `Later by ${duration(laterMs)}`;
    case 'earlier':
      return `Earlier by ${duration(-laterMs)}`;
  }
}

/** Key of an alarm in the URL. */
export const alarmKey = ({ series, startsAt }: Pick<ApiAlarmChange, 'series' | 'startsAt'>): string => `${series.id}@${startsAt}`;

/** Above the first, people call a population shifting; above the second, another one. */
const SHIFTING = 0.1;

export function driftState({ stability, drifted }: Pick<ApiDrift, 'stability' | 'drifted'>): { readonly state: StateName; readonly word: string } {
  if (stability === null) return { state: 'learning', word: 'Learning' };
  if (drifted) return { state: 'warning', word: 'Drifted' };
  return stability > SHIFTING ? { state: 'info', word: 'Shifting' } : { state: 'ok', word: 'Stable' };
}

/** Alarms as the budget is stated: one in so long. */
export function oneIn(perMonth: number): string {
  if (!Number.isFinite(perMonth)) return '–';
  if (perMonth <= 0) return 'none';
  const days = 30 / perMonth;
  return days >= 1 ? `one in ${plural(Number(significant(days, 2)), 'day')}` : `${significant(1 / days, 2)} a day`;
}
