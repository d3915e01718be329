import type { Plain } from './otlp-schema.js';
import { NOW } from './requests.js';

/** Fields of plain messages, with protobuf's defaults for absent ones. */
const DAY = 86_400_000;

export type Pairs = readonly (readonly [string, string])[];
export const message = (value: unknown): Plain => (value ?? {}) as Plain;
export const messages = (value: unknown): readonly Plain[] => (value ?? []) as readonly Plain[];
export const string = (value: unknown): string => (value ?? '') as string;
export const long = (value: unknown): bigint => (value ?? 0n) as bigint;
export const number = (value: unknown): number => Number(value ?? 0);
export const pairs = (value: unknown): Pairs => messages(value).map((pair) => [string(pair['key']), textOf(message(pair['value']))]);
export const inRange = (ms: number): boolean => NOW - ms <= 15 * DAY && ms - NOW <= DAY / 24;
export const serviceOf = (resource: Pairs): string => resource.findLast(([key]) => key === 'service.name')?.[1] || 'unknown_service';

/** An id of the right length that is not all zero, in hexadecimal; else nothing. */
export function idText(value: unknown, size: number): string {
  const bytes = (value ?? new Uint8Array()) as Uint8Array;
  return bytes.length === size && bytes.some((byte) => byte !== 0) ? Buffer.from(bytes).toString('hex') : '';
}

/** An AnyValue as a column has it. */
export function textOf(value: Plain): string {
  if ('stringValue' in value) return string(value['stringValue']);
  if ('bytesValue' in value) return Buffer.from(value['bytesValue'] as Uint8Array).toString('base64');
  if ('arrayValue' in value || 'kvlistValue' in value || 'boolValue' in value || 'intValue' in value) return jsonOf(value);
  return 'doubleValue' in value ? String(value['doubleValue']) : '';
}

function jsonOf(value: Plain): string {
  if ('boolValue' in value || 'intValue' in value) return String(value['boolValue'] ?? value['intValue']);
  if ('arrayValue' in value) return `[${messages(message(value['arrayValue'])['values']).map(jsonOf).join(',')}]`;
  if ('kvlistValue' in value) return `{${messages(message(value['kvlistValue'])['values']).map((pair) => `${JSON.stringify(string(pair['key']))}:${jsonOf(message(pair['value']))}`).join(',')}}`;
  if ('doubleValue' in value && Number.isFinite(value['doubleValue'])) return String(value['doubleValue']);
  return Object.keys(value).length === 0 ? 'null' : JSON.stringify(textOf(value));
}
