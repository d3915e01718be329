/** OpenTelemetry's own names, each of four levels. */
const NAMES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const LEVELS = ['', '2', '3', '4'];

/** Numbers by the texts that mean them, also those of syslog and of logging libraries. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...NAMES.flatMap((name, at) => LEVELS.map((level, more) => [`${name}${level}`, at * LEVELS.length + more + 1] as const)),
  ['verbose', 1], ['information', 9], ['informational', 9], ['notice', 10], ['warning', 13], ['err', 17], ['severe', 17], ['crit', 18], ['alert', 19], ['critical', 21], ['panic', 21], ['emerg', 21], ['emergency', 21],
]);
const LONGEST = Math.max(...[...NUMBERS.keys()].map((text) => text.length));

/** The severity number of a record that has it as a text alone; 0 where nobody knows what that means. */
export function severityOf(bytes: Buffer, from: number, to: number): number {
  return to === from || to - from > LONGEST ? 0 : severityOfText(bytes.toString('latin1', from, to));
}

export const severityOfText = (text: string): number => NUMBERS.get(text.toLowerCase()) ?? 0;

/** `ERROR`: OpenTelemetry's name for a number that is not 0. */
export const severityName = (severity: number): string => (NAMES[Math.floor((severity - 1) / LEVELS.length)] ?? '').toUpperCase();
