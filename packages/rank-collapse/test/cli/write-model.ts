/** Small checkpoints in a folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bert, type Shapes, type Small, smallFile } from '../model/small-checkpoints.js';

/** Writes `<name>.safetensors`, and its configuration beside it. @param change what becomes of the values of a tensor */
export async function writeModel(
  folder: string,
  name: string,
  { shapes, config }: Small,
  change?: (name: string, values: Float32Array) => Float32Array,
): Promise<void> {
  const { bytes } = await smallFile(shapes, change === undefined ? {} : { change });
  writeFileSync(join(folder, `${name}.safetensors`), bytes);
  writeFileSync(join(folder, `${name}.config.json`), JSON.stringify(config));
}

/** BERT of so many layers. */
export function deepBert(layers: number): Small {
  const shapes: Record<string, readonly number[]> = {};
  const add = (name: string, shape: Shapes[string]): void => {
    shapes[name] = shape;
  };
  for (const [name, shape] of Object.entries(bert.shapes)) {
    if (!name.includes('.layer.')) add(name, shape);
    if (!name.includes('.layer.0.')) continue;
    for (let i = 0; i < layers; i++) add(name.replace('.layer.0.', `.layer.${i}.`), shape);
  }
  return { shapes, config: { ...bert.config, num_hidden_layers: layers } };
}
