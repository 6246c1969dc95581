/** What the first bytes of an image file say: its format and, for the common ones, its size. */

/** Format and size of an image file. */
export interface ImageHeader {
  /** Name of the format, `unknown` if the bytes are of none known here. */
  readonly format: 'PNG' | 'JPEG' | 'GIF' | 'WebP' | 'BMP' | 'AVIF' | 'unknown';
  /** Pixels; undefined where the header was not understood. */
  readonly width?: number;
  readonly height?: number;
}

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));

/** The size in a JPEG's first frame header, found by walking the segments before it. */
function jpegSize(view: DataView): Pick<ImageHeader, 'width' | 'height'> {
  for (let at = 2; at + 9 <= view.byteLength; ) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff) return {};
    // Markers c0 to cf are frame headers, except the tables c4, c8 and cc.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    // Padding before a marker is one byte ff, all other segments have their length.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return {};
}

/** The format of an image file, and its size for PNG, JPEG, GIF and BMP. Reads only what is there. */
export function imageHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) {
    if (bytes.length < 24 || !startsWith(bytes, 'IHDR', 12)) return { format: 'PNG' };
    return { format: 'PNG', width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (startsWith(bytes, '\xff\xd8\xff')) return { format: 'JPEG', ...jpegSize(view) };
  if (startsWith(bytes, 'GIF8') && bytes.length >= 10) {
    return { format: 'GIF', width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (startsWith(bytes, 'BM') && bytes.length >= 26) {
    return { format: 'BMP', width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
  }
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return { format: 'WebP' };
  if (startsWith(bytes, 'ftypavif', 4)) return { format: 'AVIF' };
  return { format: 'unknown' };
}
