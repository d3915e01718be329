/** What must not be cut in two: an entity, a tag or a link of Slack, a surrogate pair. */
const WHOLE = /&(?:[a-zA-Z][a-zA-Z\d]{1,30}|#\d{1,7}|#[xX][\da-fA-F]{1,6});|<[^<>\n]{1,4000}>/g;
const ELLIPSIS = '…';

/** At most `limit` characters (code points), an ellipsis among them when something is left out. `marked` says that entities, tags and links in it stay whole. */
export function cut(text: string, limit: number, marked = false): string {
  // A text is never longer in characters than in UTF-16 units.
  if (text.length <= limit) return text;
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  const kept = characters.slice(0, Math.max(0, limit - 1)).join('');
  return `${marked ? text.slice(0, safeEnd(text, kept.length)) : kept}${limit > 0 ? ELLIPSIS : ''}`;
}

/** The last place up to `end` that is not inside of something whole. */
function safeEnd(text: string, end: number): number {
  WHOLE.lastIndex = 0;
  for (let found = WHOLE.exec(text); found && found.index < end; found = WHOLE.exec(text)) {
    if (found.index + found[0].length > end) return found.index;
  }
  return end;
}

/** Elements without an end. */
const VOID = new Set(['br', 'hr', 'img', 'input', 'wbr']);
const PIECE = /<(\/?)([a-zA-Z][\w-]*)[^<>]*>|&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][\da-fA-F]{1,6});|[^]/gu;

/** HTML of which at most `limit` characters are shown, with every element that is open at the cut closed. Tags count nothing, an entity counts as one. */
export function cutHtml(html: string, limit: number): string {
  if (html.length <= limit) return html;
  const open: string[] = [];
  let out = '';
  let shown = 0;
  /** As far as there is room for an ellipsis. */
  let kept = '';
  for (const [piece, slash, name] of html.matchAll(PIECE)) {
    if (name !== undefined) {
      if (slash === '') {
        if (!VOID.has(name.toLowerCase())) open.push(name);
      } else if (open.at(-1) === name) open.pop();
    } else {
      if (shown === limit - 1) kept = `${out}${ELLIPSIS}${open.toReversed().map((one) => `</${one}>`).join('')}`;
      shown += 1;
      if (shown > limit) return kept;
    }
    out += piece;
  }
  return html;
}
