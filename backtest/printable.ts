const LONGEST = 40;

/** What a file holds, fit for a message on a terminal: cut, and control characters as `\u001b`. */
export function printable(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\uFFFD]/gu, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
