/** Where the chosen pixel looks in both networks, in the layer that is chosen. */
import {
  type AttentionMaps,
  attentionIn,
  attentionMaps,
  attentionSvg,
  attentionsIn,
  elementName,
  groups,
} from '@saccade/equivariant-attention';
import { type Tensor, tensor } from '@saccade/tensor';
import { byId, make } from './elements.js';
import { markQuery, paintDigit } from './paint.js';
import { kindNames, kinds, type Pair } from './pair.js';
import { type Pixels, side } from './turn-image.js';

/** A pixel of the digit. */
export interface Pixel {
  readonly row: number;
  readonly column: number;
}

/** Fills the choice of layers. */
export function offerLayers(pair: Pair): void {
  const names = attentionsIn(pair.p4).map(({ name }) => name);
  const options = names.map((name, i) => {
    const option = make('option', { text: i === 0 ? 'first: lifts, 8 × 8 pixels' : `block ${i}, 4 × 4 pixels` });
    option.value = name;
    return option;
  });
  byId('layer').replaceChildren(...options);
}

function layerName(): string {
  return byId<HTMLSelectElement>('layer').value;
}

/** Shows maps of the digit as it is turned. @param image [1, 8, 8, 1], these pixels */
export async function showMaps(pair: Pair, image: Tensor, pixels: Pixels, pixel: Pixel): Promise<void> {
  const figures: HTMLElement[] = [];
  for (const kind of kinds) {
    const { layer, input } = attentionIn(pair[kind], layerName());
    const fed = input(image);
    const found = await attentionMaps(layer, fed, inGrid(pixel, fed.shape.at(-2) as number));
    fed.dispose();
    const most = Math.max(...found.maps.flatMap((map) => [...map]));
    for (const [element, weights] of found.maps.entries()) {
      const name = kind === 'p4' ? `p4, ${elementName(layer.group, element)}` : kindNames[kind];
      figures.push(figureOf(name, pixels, pixel, found, { weights, most }));
    }
  }
  byId('maps').replaceChildren(...figures);
}

/** The pixel of a smaller grid in which it lies. */
function inGrid({ row, column }: Pixel, width: number): Pixel {
  const size = side / width;
  return { row: Math.floor(row / size), column: Math.floor(column / size) };
}

function figureOf(
  name: string,
  pixels: Pixels,
  pixel: Pixel,
  { width }: AttentionMaps,
  { weights, most }: { readonly weights: Float32Array; readonly most: number },
): HTMLElement {
  const figure = make('figure');
  const map = make('div', { className: 'map' });
  const canvas = make('canvas');
  const mark = make('span', { className: 'query' });
  map.append(canvas, mark);
  map.role = 'img';
  map.ariaLabel = `Map of attention: ${name}`;
  figure.append(map, make('figcaption', { text: name }));
  // Its colour is known once it is on the page.
  byId('maps').append(figure);
  paintDigit(canvas, pixels, { side: width, weights, most });
  markQuery(mark, inGrid(pixel, width), width);
  return figure;
}

/** Draws the pictures of all four turns, if they are looked at. @param pixel of the upright digit */
export async function showAllTurns(pair: Pair, pixels: Pixels, pixel: Pixel): Promise<void> {
  if (!byId<HTMLDetailsElement>('all-turns').open) return;
  const image = tensor(pixels, { shape: [1, side, side, 1] });
  try {
    for (const kind of kinds) {
      const { layer, input } = attentionIn(pair[kind], layerName());
      const fed = input(image);
      fed.dispose();
      byId(`turns-${kind}`).innerHTML = await attentionSvg(layer, image, inGrid(pixel, fed.shape.at(-2) as number), {
        ...{ input, by: groups.p4, range: [1, 0], title: `${kindNames[kind]}, as the digit turns`, width: room() },
      });
    }
  } finally {
    image.dispose();
  }
}

/** Pixels that a picture may take. */
function room(): number {
  return Math.max(240, Math.min(856, byId('all-turns').clientWidth - 2));
}
