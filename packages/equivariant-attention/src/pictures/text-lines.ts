/** Text of pictures, which SVG does not break into lines. */
import { escapeXml, textWidth } from '@saccade/pictures';
import { short } from './squares-svg.js';

/** Pixels from one line to the next. */
export const lineHeight = 20;

/** The words in lines of at most `width` pixels, or of one word. */
export function linesOf(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** How one line of text looks. */
export interface TextLook {
  /** Default 'start'. */
  readonly anchor?: 'start' | 'middle' | 'end' | undefined;
  /** Of the style sheet of charts. Default: ink. */
  readonly look?: string | undefined;
  /** Smaller letters. Default false. */
  readonly small?: boolean | undefined;
  /** What it says to those who point at it. Default: nothing. */
  readonly tell?: string | undefined;
}

/** One line of text with its base line at a place. */
export function textSvg(
  x: number,
  y: number,
  text: string,
  { anchor = 'start', look, small = false, tell = '' }: TextLook = {},
): string {
  const aligned = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  const told = tell === '' ? '' : `<title>${escapeXml(tell)}</title>`;
  const sized = small ? ' style="font-size:11px"' : '';
  const classed = look === undefined ? '' : ` class="${look}"`;
  return `<text${classed} x="${short(x)}" y="${short(y)}"${aligned}${sized}>${told}${escapeXml(text)}</text>`;
}
