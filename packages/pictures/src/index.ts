/** What the pictures of all packages share. It is bundled into each: nobody installs it. */
export { type Axis, evenAxis, type Tick } from './axis.js';
export { type LineChartSize, lineChart, textWidth } from './line-chart.js';
export type { Curve, LineDrawing } from './line-drawing.js';
export { type LineTextSize, lineText } from './line-text.js';
export { dark, light, type Palette, pageColors } from './palette.js';
export { escapeHtml, escapeXml, plainText } from './safe-text.js';
export { quantity, shortNumber } from './short-number.js';
