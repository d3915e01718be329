import { two } from '../format/time.js';

/** A moment as an `<input type="datetime-local">` spells it, in the viewer's zone. */
export function toLocal(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** NaN for a field that is empty or half filled. */
export function fromLocal(text: string): number {
  return text === '' ? Number.NaN : new Date(text).getTime();
}
