/** Texts of callers where they are shown. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeHtml, escapeXml, plainText } from '../src/safe-text.js';

test('what HTML reads as its own is written as text, in its lines', () => {
  assert.is(escapeHtml(`<b a="1" c='2'>&amp;\n</b>`), '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;\n&lt;/b&gt;');
  assert.is(escapeHtml('naïve 文字 𝛼'), 'naïve 文字 𝛼');
});

test('what moves a cursor, breaks a line or is no character becomes a space', () => {
  assert.is(plainText('a\u001b[2Jb\u0007c\nd\te'), 'a [2Jb c d e');
  assert.is(plainText('\u2028\u2029\u0085\ud800\uffff\ufffex'), '      x');
  assert.is(plainText('𝛼 ok'), '𝛼 ok');
});

test('XML is both', () => {
  assert.is(escapeXml('<\u0000>'), '&lt; &gt;');
});

test.run();
