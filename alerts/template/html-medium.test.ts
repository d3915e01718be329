import { describe, expect, it } from 'vitest';
import { createHtmlMedium } from './html-medium.js';
import { SafeHtml } from './value.js';

/** `§` is where the value stands. */
function fill(page: string, value: unknown): string {
  const medium = createHtmlMedium();
  return page.split('§').map((text, index) => (index > 0 ? medium.value(value, false, '') : '') + medium.literal(text)).join('');
}

describe('HTML', () => {
  it.each([
    ['<p>§</p>', '<script>alert("1 + 1")</script>', '<p>&lt;script&gt;alert(&#34;1 &#43; 1&#34;)&lt;/script&gt;</p>'],
    ['<p title="§">§</p>', `"a' & b`, '<p title="&#34;a&#39; &amp; b">&#34;a&#39; &amp; b</p>'],
    ['<a href="§">x</a>', 'javascript:alert(1)', '<a href="#ZgotmplZ">x</a>'],
    ['<a href="§">x</a>', 'https://f.example/a b?c=1&d="2"', '<a href="https://f.example/a%20b?c=1&amp;d=%222%22">x</a>'],
    ['<a href="https://f.example/?q=§">x</a>', 'a&b=c d', '<a href="https://f.example/?q=a%26b%3dc%20d">x</a>'],
    ['<a href=§>x</a>', 'x onclick=alert(1)', '<a href=x%20onclick&#61;alert%281%29>x</a>'],
    ['<i style="color:§">x</i>', 'red;background:url(x)', '<i style="color:ZgotmplZ">x</i>'],
    ['<i style="color:§">x</i>', '#c92a2a', '<i style="color:#c92a2a">x</i>'],
    ['<b onclick="f(§)">x</b>', 'a")', '<b onclick="f(&#34;a\\&#34;)&#34;)">x</b>'],
    ['<script>x = §;</script><p>§</p>', '</script>', '<script>x = "\\u003c/script\\u003e";</script><p>&lt;/script&gt;</p>'],
    ['<!-- § --><p>§</p>', 'a-->b', '<!--  --><p>a--&gt;b</p>'],
    ['<p § x>', 'onclick=', '<p ZgotmplZ x>'],
    ['<title>§</title><p class="a b">§</p>', '<', '<title>&lt;</title><p class="a b">&lt;</p>'],
  ])('%s escapes a value for its place', (page, value, expected) => expect(fill(page, value)).toBe(expected));

  it('takes what is called safe as it is, but not in an attribute', () => {
    expect(fill('<p title="§">§</p>', new SafeHtml('<b>a</b>'))).toBe('<p title="a"><b>a</b></p>');
  });
});
