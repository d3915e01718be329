import { describe, expect, it } from 'vitest';
import { cut, cutHtml } from './cut.js';

describe('what is too long', () => {
  it.each([
    ['abcdef', 6, 'abcdef'], ['abcdefg', 6, 'abcde…'], ['👩👩👩👩', 4, '👩👩👩👩'], ['👩👩👩👩', 3, '👩👩…'], ['', 3, ''], ['abc', 0, ''],
  ])('%s to %i characters', (text, limit, expected) => expect(cut(text, limit)).toBe(expected));

  it.each([
    ['a &amp; b and more', 5, 'a …'], ['see <https://f.example|it> now', 12, 'see …'], ['a < b and so on', 8, 'a < b a…'],
  ])('is cut before what must stay whole: %s to %i', (text, limit, expected) => expect(cut(text, limit, true)).toBe(expected));

  it.each([
    ['<b>abc</b>', 3, '<b>abc</b>'], ['<b>abcd</b>', 3, '<b>ab…</b>'], ['<b>a <i>b&amp;c</i> d</b>', 4, '<b>a <i>b…</i></b>'], ['&lt;&lt;&lt;&lt;', 4, '&lt;&lt;&lt;&lt;'], ['&lt;&lt;&lt;&lt;', 3, '&lt;&lt;…'],
    ['<a href="https://f.example/a/very/long/one">x</a>', 1, '<a href="https://f.example/a/very/long/one">x</a>'], ['a<br>bc', 2, 'a<br>…'],
  ])('HTML counts what is shown, and closes what is open: %s to %i', (html, limit, expected) => expect(cutHtml(html, limit)).toBe(expected));
});
