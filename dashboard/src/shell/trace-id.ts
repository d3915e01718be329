/** The trace id in pasted text: 32 hex digits, alone or inside a traceparent header. Null when there is none, or all zeros. */
export function traceIdIn(text: string): string | null {
  const found = /(?:^|[^0-9a-f])([0-9a-f]{32})(?:$|[^0-9a-f])/i.exec(text)?.[1]?.toLowerCase() ?? null;
  return found === '0'.repeat(32) ? null : found;
}
