/** The small picture in which the patches of a large image are looked for, in bands. */
import { mul, scope, tensor } from '@saccade/tensor';
import { antialiasedBands, type Band } from './antialiased-bands.js';
import type { TilePlan } from './tile-plan.js';
import type { TileReader } from './tile-reader.js';

/** The source's own small picture, as one band. */
async function* ownPicture(reader: TileReader, { height, width }: TilePlan, scale: number | undefined) {
  const samples = await reader.thumbnail(height, width);
  const factor = scale ?? (samples instanceof Uint8Array ? 1 / 255 : 1);
  const scaled = scope(() => mul(tensor(new Float32Array(samples)), factor));
  const data = await scaled.data();
  scaled.dispose();
  yield { rows: height, data };
}

/** Bands of the picture, from top to bottom. */
export function smallPicture(
  reader: TileReader,
  plan: TilePlan,
  scale: number | undefined,
): AsyncGenerator<Band, void, undefined> {
  const { origin, bands } = plan;
  return origin === undefined ? ownPicture(reader, plan, scale) : antialiasedBands(origin, bands, scale);
}

/** Passes bands on and copies them, one below the other. */
export async function* copied(bands: AsyncIterable<Band>, to: Float32Array): AsyncGenerator<Band, void, undefined> {
  let at = 0;
  for await (const band of bands) {
    to.set(band.data, at);
    at += band.data.length;
    yield band;
  }
}
