/** How a terminal is told colours. */
const COLOURS = new RegExp(`${String.fromCodePoint(0x1b)}\\[[\\d;:]*m`, 'g');
/** What has a browser write the text after it in another direction. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** A sender's text as it was written, in the order in which it was written: without colours of a terminal, and with what turns the direction of text spelled out. Whoever copies is given the text itself. */
export function readable(text: string): string {
  return text.replace(COLOURS, '').replace(TURNS, (mark) => `<U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase()}>`);
}
