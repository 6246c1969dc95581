/** The colours of charts and pages: six that can be told apart, in light and dark. */

/** Colours for one ground. */
export interface Palette {
  /** The ground itself. */
  readonly paper: string;
  readonly ink: string;
  /** Of text that matters less. */
  readonly soft: string;
  /** Of rules and grids. */
  readonly line: string;
  /** Of curves, in their order; the last is grey. */
  readonly series: readonly string[];
}

/** On white. */
export const light: Palette = {
  ...{ paper: '#fff', ink: '#1b1d21', soft: '#5d636c', line: '#e2e5e9' },
  series: ['#1d5fc4', '#d0620a', '#0a8f7a', '#a83f97', '#7a6a00', '#5d636c'],
};

/** On what is nearly black. */
export const dark: Palette = {
  ...{ paper: '#141619', ink: '#e7e9ec', soft: '#9da3ad', line: '#2d3138' },
  series: ['#74aaff', '#ffa14f', '#35c8ae', '#e78fd8', '#d8c23c', '#b3b9c2'],
};

function variables({ series, ...ground }: Palette): string {
  const all = [...Object.entries(ground), ...series.map((color, i) => [`series-${i + 1}`, color])];
  return all.map(([name, color]) => `--${name}:${color}`).join(';');
}

/** Style of a page that follows the reader's choice of light or dark: `var(--paper)`, `--ink`, `--soft`, `--line`, and `--series-1` to `--series-6`. */
export const pageColors: string =
  `:root{color-scheme:light dark;${variables(light)}}` +
  `@media (prefers-color-scheme:dark){:root{${variables(dark)}}}`;
