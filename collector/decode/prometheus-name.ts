/** OTel names → Prometheus names: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus */

const UNITS: ReadonlyMap<string, string> = new Map(Object.entries({
  d: 'days', h: 'hours', min: 'minutes', s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds', By: 'bytes', KiBy: 'kibibytes', MiBy: 'mebibytes', GiBy: 'gibibytes', TiBy: 'tebibytes',
  KBy: 'kilobytes', MBy: 'megabytes', GBy: 'gigabytes', TBy: 'terabytes', m: 'meters', V: 'volts', A: 'amperes', J: 'joules', W: 'watts', g: 'grams', Cel: 'celsius', Hz: 'hertz', '%': 'percent',
}));
const PER: ReadonlyMap<string, string> = new Map(Object.entries({ s: 'second', m: 'minute', min: 'minute', h: 'hour', d: 'day', w: 'week', mo: 'month', y: 'year', ms: 'millisecond' }));

/** `other` is what neither ends in `_total` nor is a ratio, such as a sum that may fall: its unit 1 often stands for things that are counted. */
export function prometheusName(name: string, unit: string, type: 'counter' | 'gauge' | 'other'): string {
  const words = name.replace(/[^a-zA-Z0-9:]+/g, '_').replace(/^_+|_+$/g, '').split('_');
  for (const word of unitWords(unit)) if (!words.includes(word)) words.push(word);
  const ending = type === 'counter' ? 'total' : type === 'gauge' && unit === '1' ? 'ratio' : undefined;
  const joined = (ending === undefined ? words : [...words.filter((word) => word !== ending), ending]).join('_');
  return /^(\d|$)/.test(joined) ? `_${joined}` : joined;
}

function unitWords(unit: string): string[] {
  const bare = unit.replace(/\{[^}]*\}/g, '').trim();
  const [over = '', per] = bare.split('/');
  const words = over === '' || over === '1' ? [] : [UNITS.get(over) ?? over.replace(/[^a-zA-Z0-9]+/g, '_')];
  if (per) words.push(`per_${PER.get(per) ?? per.replace(/[^a-zA-Z0-9]+/g, '_')}`);
  return words.filter(Boolean);
}

export function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `key_${name}` : name;
}
