/** A panel of heads of one axis: the weight of each offset, a curve a head. */
import { evenAxis } from '@saccade/pictures';
import { neighbourhood } from '../read/marginals.js';
import type { Place, Shape } from './drawing.js';
import { headLook } from './head-look.js';
import type { ReadableHeads } from './heads-picture.js';
import { type Panel, signed } from './panels.js';

const [width, height] = [320, 200];
/** Room for the values of the axes. */
const [besides, below] = [44, 36];

/** Offsets that have a name: at most nine. */
function namedOffsets(radius: number): number[] {
  const step = Math.max(1, Math.ceil(radius / 4));
  const most = Math.floor(radius / step);
  return Array.from({ length: 2 * most + 1 }, (_, i) => (i - most) * step);
}

/** The heads' weights over the offsets -radius ... radius. */
export function curvesPanel(layer: ReadableHeads, radius: number): Omit<Panel, 'name' | 'note'> {
  const near = layer.heads === 0 ? undefined : neighbourhood(layer, radius);
  const extent = 2 * radius + 1;
  const p = near?.p ?? [];
  const axis = evenAxis(0, Math.max(1e-9, ...Array.from(p)), 5);
  return {
    width: besides + width,
    height: height + below,
    shapes: ([left, top]) => {
      const [x, y] = [left + besides, top];
      const across = (offset: number): number => x + ((offset + radius + 0.5) / extent) * width;
      const up = (weight: number): number => y + (1 - axis.place(weight)) * height;
      const grid = axis.ticks.flatMap(({ value, text }): Shape[] => [
        {
          kind: 'line',
          places: [
            [x, up(value)],
            [x + width, up(value)],
          ],
          color: 'line',
        },
        { kind: 'text', at: [x - 8, up(value) + 4], text, color: 'soft', size: 11, anchor: 'end' },
      ]);
      const offsets = namedOffsets(radius).map((offset): Shape => {
        const text = offset > 0 ? `+${offset}` : signed(offset);
        return { kind: 'text', at: [across(offset), y + height + 15], text, color: 'soft', size: 11, anchor: 'middle' };
      });
      const curves = Array.from({ length: layer.heads }, (_, head) => head).flatMap((head): Shape[] => {
        const places = Array.from(
          { length: extent },
          (_, i): Place => [across(i - radius), up(p[head * extent + i] as number)],
        );
        const look = headLook(head);
        const dots = places.map((at, i): Shape => {
          const tell = `head ${head}: ${Number((p[head * extent + i] as number).toPrecision(3))} at ${signed(i - radius)}`;
          return { kind: 'ellipse', at, radii: [2.5, 2.5], color: look.color, fill: 1, tell };
        });
        return [{ kind: 'line', places, ...look, width: 2 }, ...dots];
      });
      const query: Shape = {
        kind: 'line',
        places: [
          [across(0), y],
          [across(0), y + height],
        ],
        color: 'soft',
        dash: [3, 3],
      };
      const label: Shape = {
        kind: 'text',
        at: [x + width / 2, y + height + 32],
        text: 'offset from the query (dashed)',
        color: 'soft',
        size: 11,
        anchor: 'middle',
      };
      return [...grid, query, ...offsets, ...curves, label];
    },
  };
}
