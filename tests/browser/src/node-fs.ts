/** The one function of `node:fs` that portable tests use, as a request to the server. Only in pages. */

/** The bytes of a file below the root of the repository, or its text. */
export function readFileSync(url: URL, encoding?: 'utf8'): Uint8Array | string {
  const request = new XMLHttpRequest();
  request.open('GET', url.href, false);
  // The only way to have bytes from a synchronous request in a page.
  request.overrideMimeType('text/plain; charset=x-user-defined');
  request.send();
  if (request.status !== 200) throw new Error(`${url.pathname}: ${request.status}`);
  const bytes = Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 0xff);
  return encoding === undefined ? bytes : new TextDecoder().decode(bytes);
}
