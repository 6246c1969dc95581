/** Texts of callers made safe for where they are shown. */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text on one line: what would move a terminal's cursor, and what XML does not allow, becomes a space. */
export function plainText(text: string): string {
  return String(text).replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu, ' ');
}

/** Text for elements and quoted attributes of HTML, in its lines. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** Text on one line for elements and quoted attributes of SVG and HTML. */
export function escapeXml(text: string): string {
  return escapeHtml(plainText(text));
}
