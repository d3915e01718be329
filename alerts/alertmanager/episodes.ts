import type { IncomingAlert } from '#core/alert-hook.js';
import { labelValue } from '#core/labels.js';
import { seriesOf } from '#core/series.js';
import type { Anomaly, Labels, Series, UnixMs } from '#core/types.js';
import { wordsOf } from '../annotations.js';
import { labelsOf } from '../rules/rule.js';
import { severityOf } from '../rules/rule-alert.js';

/** How strongly an alert counts, by its severity: one that only informs opens no incident by itself. */
const SCORE = { critical: 10, warning: 3, info: 1.2 } as const;
/** An alert has lasted for its own `for` before it comes: it counts as seen this often. */
const POINTS = 3;
const ID = 'alert-';

/** The series that an alert stands for: its name is the metric, its labels are the labels. */
export function alertSeries(given: Labels, serviceLabels: readonly string[]): Series {
  const labels = labelsOf(Object.entries(given));
  return seriesOf('metric', serviceOf(labels, serviceLabels), '', labels['alertname'] ?? 'alert', '', labels);
}

/** The first of `serviceLabels` that the alert has. A job may hold a namespace before the service, as in Prometheus' OTLP translation. */
function serviceOf(labels: Labels, serviceLabels: readonly string[]): string {
  const found = serviceLabels.find((name) => labelValue(labels, name));
  const value = found === undefined ? '' : labelValue(labels, found);
  return found === 'job' ? (value.split('/').at(-1) ?? value) : value;
}

/** An alert that fires, as an episode: 1 where 0 is expected. */
export function beginEpisode({ labels, annotations, startsAt, generatorURL }: Pick<IncomingAlert, 'labels' | 'annotations' | 'startsAt' | 'generatorURL'>, series: Series, now: UnixMs): Anomaly {
  const score = SCORE[severityOf(labels)];
  const began = Math.min(startsAt, now);
  return { id: `${ID}${series.id}-${began}`, series, startsAt: began, endsAt: null, peakAt: began, updatedAt: now, value: 1, expected: 0, lower: 0, upper: 0, score, direction: 'up', points: POINTS, contributions: [{ detector: 'alert', score }], alert: wordsOf(annotations, generatorURL) };
}

export const stillFiring = (episode: Anomaly, now: UnixMs): Anomaly => ({ ...episode, updatedAt: now, points: episode.points + 1 });
export const ended = (episode: Anomaly, at: UnixMs): Anomaly => ({ ...episode, endsAt: Math.max(at, episode.startsAt) });

/** The labels of the alert that an episode is; undefined for what the detector found. */
export const alertOf = ({ id, series }: Anomaly): Labels | undefined => (id.startsWith(ID) ? series.labels : undefined);

/** Episodes that were open when the process ended, as `anomalies` has them. */
export const OPEN_EPISODES = `ends_at IS NULL AND startsWith(id, '${ID}')`;
