/** The picture of attention, laid out: a row for each turn, in it the image and a map for each element. */
import { chartSvg, textWidth } from '@saccade/pictures';
import { elementName } from '../groups/element-name.js';
import type { Group } from '../groups/group.js';
import type { PlaneMatrix } from '../groups/plane-matrix.js';
import { movedPixels, type Sides } from '../layers/pixel-grid.js';
import { type GridPanel, imagePanel, legendSvg, mapPanel, sameWithin } from './attention-panels.js';
import { type ElementLabel, elementLabels } from './element-labels.js';
import { textSvg } from './text-lines.js';
import type { TurnedMaps } from './turned-maps.js';

/** What is drawn. */
export interface AttentionScene {
  /** Of the layer. */
  readonly group: Group;
  /** The group that turns the image. */
  readonly by: Group;
  readonly rows: readonly TurnedMaps[];
  /** As it is, with the attributes of its pixels. */
  readonly image: Sides & { readonly looks: readonly string[] };
  readonly title: string;
  /** Pixels across, at most. */
  readonly total: number;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Maps in a row, at most: as many as there are letters. */
export const mostMaps: number = letters.length;

const [margin, gap] = [16, 14];
const [smallest, largest] = [32, 132];
/** Below each panel for its letter. */
const caption = 22;

/** The text of the SVG file. */
export function attentionRows(scene: AttentionScene): string {
  const { group, by, rows, title, total } = scene;
  const [{ height, width }] = rows as [TurnedMaps];
  const columns = group.order + 1;
  const longest = Math.max(height, width);
  const side = Math.max(smallest, Math.min(largest, Math.floor((total - 2 * margin + gap) / columns) - gap));
  // Whole pixels for each square, where there is room for them.
  const cell = side >= longest ? Math.floor(side / longest) : side / longest;
  const across = cell * width + gap;
  const used = Math.ceil(Math.max(2 * margin - gap + columns * across, 2 * margin + textWidth(title, 16), 240));
  const most = Math.max(...rows.flatMap(({ maps }) => maps.map((map) => map.reduce((a, b) => Math.max(a, b), 0))));
  const [legend, bottom] = legendSvg(rows, { most, width: used, top: 54, left: margin });
  const top = bottom + 30;
  const down = cell * height + caption + gap;
  const label = (x: number, y: number, { text, small }: ElementLabel): string => textSvg(x, y, text, { small });
  const outputs = elementLabels(namesOf(group), across - 2);
  const turns = elementLabels(namesOf(by), across - 2);
  const all = rows.map((row, i) => {
    const y = top + 10 + i * down;
    const name = label(margin, y + cell * height + 17, turns[row.element] as ElementLabel);
    return rowSvg(scene, row, { top: y, cell, most }) + name;
  });
  const spoken = `${title}: ${rows.length} turns by ${by.name}, ${group.order} maps of ${group.name} each`;
  return chartSvg({ title, spoken, width: used, height: Math.ceil(top + 10 + rows.length * down - gap + margin) }, [
    legend,
    ...[{ text: 'image', small: false }, ...outputs].map((name, i) => label(margin + i * across, top, name)),
    ...all,
  ]);
}

function namesOf(group: Group): string[] {
  return group.matrices.map((_, element) => elementName(group, element));
}

function rowSvg(
  { by, image }: AttentionScene,
  row: TurnedMaps,
  { top, cell, most }: { readonly top: number; readonly cell: number; readonly most: number },
): string {
  const { element, maps, origins, errors, pixel, height, width } = row;
  const places = movedPixels(by.matrices[element] as PlaneMatrix, image);
  const looks: string[] = [];
  for (const [i, place] of places.entries()) looks[place] = image.looks[i] as string;
  const isEven = image.height / height === image.width / width;
  const panelAt = (i: number): GridPanel => ({
    ...{ at: [margin + i * (cell * width + gap), top], cell, height, width },
    image: isEven ? { looks, width: image.width } : undefined,
  });
  const query = pixel.row * width + pixel.column;
  const panels = maps.map((map, v) => {
    const [panel, origin] = [panelAt(v + 1), origins[v] as number];
    const isSame = (errors[v] as number) <= sameWithin;
    const letter = `${isSame ? '' : '≠ '}${letters[origin]}`;
    const look = isSame ? undefined : 'd1';
    return mapPanel(panel, map, most, query, origin) + textSvg(panel.at[0], top + cell * height + 17, letter, { look });
  });
  return `${imagePanel(panelAt(0), query)}${panels.join('')}`;
}
