/** What the pictures of all packages share. It is bundled into each: nobody installs it. */
export { type Axis, evenAxis, logAxis, type Tick, wholeAxis } from './axis.js';
export { axesSvg, type Frame, pixelOf, textWidth } from './chart-frame.js';
export { type ChartOutside, chartSvg } from './chart-svg.js';
export { type LineChartSize, lineChart } from './line-chart.js';
export type { Curve, LineDrawing } from './line-drawing.js';
export { type LineTextSize, lineText } from './line-text.js';
export { dark, light, type Palette, pageColors } from './palette.js';
export { escapeHtml, escapeXml, plainText } from './safe-text.js';
export { quantity, shortNumber } from './short-number.js';
