/** Charts on the page, as wide as there is room, and drawn anew where that changes. */
import { byId } from './panel.js';

/** Pixels of a chart. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The text of an SVG of that size. */
type Chart = (size: Size) => string;

const charts = new Map<Element, Chart>();

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) show(target);
});

/** Draws a chart into the figure with this id, which is shown from then on. */
export function draw(id: string, chart: Chart): void {
  const figure = byId(id);
  figure.hidden = false;
  charts.set(figure, chart);
  observer.observe(figure);
  show(figure);
}

/** Takes the chart away. */
export function clear(id: string): void {
  const figure = byId(id);
  figure.hidden = true;
  charts.delete(figure);
}

/** Charts escape the texts that they show. */
function show(figure: Element): void {
  const chart = charts.get(figure);
  // A chart has 240 pixels at least.
  const width = Math.max(240, figure.clientWidth);
  if (chart !== undefined) figure.innerHTML = chart({ width, height: width < 480 ? 320 : 380 });
}
