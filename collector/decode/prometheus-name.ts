/** OTel names → Prometheus names: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus */

const UNITS: ReadonlyMap<string, string> = new Map(Object.entries({
  d: 'days', h: 'hours', min: 'minutes', s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds', By: 'bytes', KiBy: 'kibibytes', MiBy: 'mebibytes', GiBy: 'gibibytes', TiBy: 'tebibytes',
  KBy: 'kilobytes', MBy: 'megabytes', GBy: 'gigabytes', TBy: 'terabytes', V: 'volts', A: 'amperes', J: 'joules', W: 'watts', g: 'grams', Cel: 'celsius', Hz: 'hertz', '%': 'percent',
}));
const PER: ReadonlyMap<string, string> = new Map(Object.entries({ s: 'second', min: 'minute', h: 'hour', d: 'day', ms: 'millisecond' }));

export function prometheusName(name: string, unit: string, type: 'counter' | 'gauge' | 'other'): string {
  const words = name.replace(/[^a-zA-Z0-9:]+/g, '_').replace(/^_+|_+$/g, '').split('_');
  const total = type === 'counter';
  if (words.at(-1) === 'total' && total) words.pop();
  for (const word of unitWords(unit, type)) if (!words.includes(word)) words.push(word);
  if (total) words.push('total');
  const joined = words.join('_');
  return /^(\d|$)/.test(joined) ? `_${joined}` : joined;
}

function unitWords(unit: string, type: 'counter' | 'gauge' | 'other'): string[] {
  const bare = unit.replace(/\{[^}]*\}/g, '').trim();
  if (bare === '') return [];
  if (bare === '1') return type === 'gauge' ? ['ratio'] : [];
  const [over = '', per] = bare.split('/');
  const words = over === '' || over === '1' ? [] : [UNITS.get(over) ?? over.replace(/[^a-zA-Z0-9]+/g, '_')];
  if (per) words.push(`per_${PER.get(per) ?? per.replace(/[^a-zA-Z0-9]+/g, '_')}`);
  return words.filter(Boolean);
}

export function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `key_${name}` : name;
}
