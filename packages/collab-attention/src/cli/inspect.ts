/** `collab-attention inspect`: the attention layers of a model. */
import { checkpointPath, print, printJson, readArguments, table } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { type Inspection, inspectCheckpoint, type LayerInspection } from '../checkpoint/inspect-checkpoint.js';
import type { SharedLayer } from '../checkpoint/shared-block.js';
import { modelDefinitions, modelHelp, size, sourceOptions } from './model.js';

const help = `The attention layers of a model, and whether their keys and queries can be shared. Reads no weight.

  collab-attention inspect MODEL [options]

MODEL is a .safetensors file, the index of several (.safetensors.index.json), or a folder with one.

${modelHelp}
Columns: heads x key dimensions of each, channels that come in, bytes of queries and keys, and the
rank from which on sharing saves no bytes.
`;

function layerRow(layer: LayerInspection): string[] {
  const name = plainText(layer.layer);
  if ('unsupported' in layer) return [name, '-', '-', '-', '-', '-'];
  const { heads, dims, width, dtype, bytes, breakEvenRank } = layer;
  return [name, `${heads} x ${dims}`, String(width), dtype, size(bytes), String(breakEvenRank)];
}

function sharedRow({ path, heads, sharedDim, scale, error }: SharedLayer): string[] {
  return [plainText(path), String(heads), String(sharedDim), scale.toPrecision(4), error.toPrecision(3)];
}

function report({ tensors, bytes, layers, shared }: Inspection): string {
  const whole = `${tensors} tensors, ${size(bytes)}\n`;
  if (shared.length > 0) {
    return `${whole}\n${table(['shared layer', 'heads', 'rank', 'scale', 'error'], shared.map(sharedRow))}`;
  }
  const refused = layers.flatMap((layer) =>
    'unsupported' in layer ? [`${plainText(layer.layer)}: ${plainText(layer.unsupported)}\n`] : [],
  );
  const titles = ['layer', 'heads', 'channels', 'type', 'keys + queries', 'saves below'];
  const families = [...new Set(layers.map(({ family }) => family))].join(', ');
  return `${plainText(families)}; ${whole}\n${table(titles, layers.map(layerRow))}${refused.length > 0 ? `\ncannot be shared:\n${refused.join('')}` : ''}`;
}

/** Runs the command. @returns the exit status */
export async function inspect(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, modelDefinitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const path = checkpointPath(positionals[0], 'collab-attention inspect MODEL.safetensors');
  const inspection = await inspectCheckpoint(path, { ...sourceOptions(values), signal });
  if (values.json) await printJson({ file: path, ...inspection });
  else await print(report(inspection));
  return 0;
}
