import { formatV } from './go-format.js';
import type { Medium } from './expansion.js';
import { SafeHtml } from './value.js';

/** Where in the page the next thing is written. */
type State = 'text' | 'tag' | 'attribute' | 'before value' | 'value' | 'comment' | 'raw';

/** What stands where a value would be dangerous, as in Go. */
const REFUSED = 'ZgotmplZ';
const URLS = new Set(['href', 'src', 'action', 'formaction', 'cite', 'background', 'poster', 'data', 'longdesc', 'usemap', 'xlink:href']);
const RAW = new Set(['script', 'style', 'title', 'textarea']);
const CODES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const MARKS: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#34;': '"', '&#39;': "'" };

const escaped = (text: string): string => text.replace(/[&<>"'+]/g, (mark) => CODES[mark] ?? `&#${mark.charCodeAt(0)};`).replaceAll('\0', '�');

/** What the function `html` was given. */
const unescaped = (text: string): string => text.replace(/&(?:amp|lt|gt|#34|#39);/g, (code) => MARKS[code] ?? code);

/** Percent signs before what an address cannot hold; with `all` also before what divides it. */
function encodeUrl(text: string, all: boolean): string {
  return text.replace(all ? /[^\w.~-]/gu : /%(?![\da-fA-F]{2})|[^\w.~%!#$&*+,/:;=?@[\]-]/gu, (mark) => [...Buffer.from(mark, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
}

/** Without a scheme, or with one that runs nothing. */
function isSafeUrl(text: string): boolean {
  const scheme = /^([^/:?#]*):/.exec(text)?.[1];
  return scheme === undefined || /^(https?|mailto)$/i.test(scheme);
}

/**
 * HTML in which values are escaped for the place where they stand: text, an attribute, an address, a style or a script. What the functions `html` and `urlquery` escaped for it already is escaped once.
 * Source: the contexts of https://pkg.go.dev/html/template
 */
export function createHtmlMedium(): Medium {
  let state: State = 'text';
  let tag = '';
  let attribute = '';
  let quote = '';
  /** Of the attribute, as written so far. */
  let before = '';

  /** Follows `text` through the page. */
  function read(text: string): void {
    let at = 0;
    const take = (pattern: RegExp): RegExpExecArray | undefined => {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (!found) {
        at = text.length;
        return undefined;
      }
      at = found.index + found[0].length;
      return found;
    };
    while (at < text.length) {
      switch (state) {
        case 'text': {
          const found = take(/<!--|<\/?([a-zA-Z][\w:-]*)/g);
          if (!found) break;
          tag = found[1]?.toLowerCase() ?? '';
          state = tag === '' ? 'comment' : 'tag';
          if (found[0].startsWith('</')) tag = '';
          break;
        }
        case 'comment':
          if (take(/-->/g)) state = 'text';
          break;
        case 'raw':
          if (take(new RegExp(`</${tag}\\s*>`, 'gi'))) state = 'text';
          break;
        case 'tag': {
          const found = take(/>|[^\s/>"'=<]+/g);
          if (found?.[0] === '>') state = RAW.has(tag) ? 'raw' : 'text';
          else if (found) {
            attribute = found[0].toLowerCase();
            state = 'attribute';
          }
          break;
        }
        case 'attribute': {
          const found = take(/[^\s]/g);
          if (found && found[0] !== '=') at -= 1;
          if (found) state = found[0] === '=' ? 'before value' : 'tag';
          break;
        }
        case 'before value': {
          const found = take(/[^\s]/g);
          if (!found) break;
          quote = /["']/.test(found[0]) ? found[0] : '';
          if (quote === '') at -= 1;
          before = '';
          state = 'value';
          break;
        }
        case 'value': {
          const from = at;
          const found = take(quote === '' ? /[\s>]/g : new RegExp(quote, 'g'));
          before += text.slice(from, found ? found.index : undefined);
          if (!found) break;
          if (found[0] === '>') at -= 1;
          state = 'tag';
          break;
        }
      }
    }
  }

  function inAttribute(text: string, safe: boolean, by: string): string {
    const plain = safe ? text.replace(/<[^>]*>/g, '') : text;
    if (attribute.startsWith('on')) return escaped(JSON.stringify(text));
    if (attribute === 'style') return inStyle(text);
    if (!URLS.has(attribute)) return escaped(plain);
    if (by === 'urlquery') return escaped(text);
    if (/[?#]/.test(before)) return escaped(encodeUrl(text, true));
    if (before.trim() === '' && !isSafeUrl(text)) return `#${REFUSED}`;
    return escaped(encodeUrl(text, false));
  }

  const inStyle = (text: string): string => (/^[\w#%., -]*$/.test(text) && !/expression|binding/i.test(text) ? text : REFUSED);

  function valueText(value: unknown, by: string): string {
    const text = by === 'html' ? unescaped(formatV(value)) : formatV(value);
    const safe = value instanceof SafeHtml;
    switch (state) {
      case 'text':
        return safe ? text : escaped(text);
      case 'comment':
        return '';
      case 'raw':
        if (tag === 'script') return JSON.stringify(value instanceof SafeHtml || typeof value !== 'number' ? text : value).replace(/[<>&\u2028\u2029]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
        return tag === 'style' ? inStyle(text) : escaped(text);
      case 'tag':
      case 'attribute':
        return /^(?!on|style)[a-z][\w-]*$/i.test(text) ? text : REFUSED;
      case 'before value':
        quote = '';
        before = '';
        state = 'value';
        return valueText(value, by);
      case 'value':
        return quote === '' ? inAttribute(text, safe, by).replace(/[\s`=]/g, (mark) => `&#${mark.charCodeAt(0)};`) : inAttribute(text, safe, by);
    }
  }

  return {
    literal(text) {
      read(text);
      return text;
    },
    value(value, _builtIn, by) {
      const text = valueText(value, by);
      if (state === 'value') before += text;
      else if (state === 'text' && value instanceof SafeHtml) read(text);
      return text;
    },
  };
}
