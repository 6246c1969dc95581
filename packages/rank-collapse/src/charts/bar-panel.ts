/** Bars with error bars, on axes of their own. */
import { axesSvg, escapeXml, pixelOf, shortNumber } from '@saccade/pictures';

/** One bar. */
export interface Bar {
  /** Whole number on the horizontal axis, where bars are a step apart. */
  readonly place: number;
  /** From 0. */
  readonly value: number;
  /** Default: none; NaN is none too. */
  readonly error?: number | undefined;
}

/** An axis, as `@saccade/pictures` makes it. */
interface PanelAxis {
  /** From 0 at its start to 1 at its end. */
  place(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

/** Where bars stand, and what they look like. */
export interface PanelLook {
  readonly axes: readonly [PanelAxis, PanelAxis];
  /** Pixels. */
  readonly frame: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  /** Number of the colour. */
  readonly color: number;
  /** Name of the vertical axis. */
  readonly label: string;
  /** What stands before a place where a bar tells its value. */
  readonly unit: string;
}

/** An error that can be drawn, or 0. */
export function errorOf(error: number | undefined): number {
  return error !== undefined && error > 0 && Number.isFinite(error) ? error : 0;
}

/** The inside of a chart. */
export function barPanel(bars: readonly Bar[], look: PanelLook): string {
  const { axes, frame, label } = look;
  const name = `<text class="soft" x="16" y="${frame.top - 14}">${escapeXml(label)}</text>`;
  if (bars.length > 0) return `${name}${axesSvg(axes, frame)}${bars.map((bar) => barSvg(bar, look)).join('')}`;
  const [x, y] = [(frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2];
  return `${name}<text class="soft" x="${x}" y="${y}" text-anchor="middle">no ${escapeXml(look.unit)} to draw</text>`;
}

function barSvg({ place, value, error }: Bar, { axes, frame, color, unit }: PanelLook): string {
  const height = (at: number): number => Math.min(frame.bottom, pixelOf([place, Math.max(at, 0)], axes, frame)[1]);
  const left = pixelOf([place - 0.36, 1], axes, frame)[0];
  const right = pixelOf([place + 0.36, 1], axes, frame)[0];
  const middle = (left + right) / 2;
  if (value === 0) return `<text class="soft" x="${middle}" y="${frame.bottom - 6}" text-anchor="middle">0</text>`;
  const spread = errorOf(error);
  const told = `<title>${escapeXml(`${unit} ${place}: ${shortNumber(value, 4)}${spread > 0 ? ` ± ${shortNumber(spread)}` : ''}`)}</title>`;
  const top = height(value);
  const bar = `<rect class="d${color}" x="${left}" y="${top}" width="${Math.round((right - left) * 10) / 10}" height="${frame.bottom - top}">${told}</rect>`;
  if (spread === 0) return bar;
  const [low, high] = [height(value - spread), height(value + spread)];
  const cap = Math.min(7, (right - left) / 4);
  const lines = `M${middle} ${low}V${high}M${middle - cap} ${low}h${2 * cap}M${middle - cap} ${high}h${2 * cap}`;
  return `${bar}<path class="whisker" stroke-width="1.6" d="${lines}"/>`;
}
