/** `collab-attention energy`: how redundant the heads of a model are. */
import {
  checkpointPath,
  print,
  printJson,
  readArguments,
  realNumber,
  requireFolders,
  table,
  UsageError,
  wholeNumber,
  writeFile,
} from '@saccade/command';
import { lineChart, plainText } from '@saccade/pictures';
import { init } from '@saccade/tensor';
import { type LayerEnergy, layerEnergies } from '../checkpoint/layer-energies.js';
import { dimensionsFor, type EnergyCurve } from '../energy/energy.js';
import { modelDefinitions, modelHelp, sourceOptions } from './model.js';
import { tellLayer } from './tell-progress.js';

const help = `How many dimensions hold most of what keys and queries do: of each head by itself, of all heads
together, and of the tensor of their products. Where all together need few, they can share.

  collab-attention energy MODEL [options]

  --share E             the share of the energy that is asked for (default 0.9)
  --layer NAME          only this layer
  -o, --out FILE        curves as a picture, SVG; those of several layers as their mean
${modelHelp}
Columns: dimensions for that share, of one head (mean) of its own; of the query weights of all heads,
the key weights, and the unfoldings of the tensor by query, head and key.
`;

const definitions = {
  ...modelDefinitions,
  share: { type: 'string' },
  layer: { type: 'string' },
  out: { type: 'string', short: 'o' },
} as const;

/** The curves of a layer that are shown, by their names. */
function curvesOf({ heads, query, key, unfoldings }: LayerEnergy['energy']): ReadonlyMap<string, EnergyCurve> {
  return new Map([
    ['one head', meanCurve(heads)],
    ['queries together', query],
    ['keys together', key],
    ['unfolded by query', unfoldings.query],
    ['unfolded by head', unfoldings.heads],
    ['unfolded by key', unfoldings.key],
  ]);
}

function meanCurve(curves: readonly EnergyCurve[]): EnergyCurve {
  const [first] = curves as [EnergyCurve];
  return first.map((_, i) => curves.reduce((sum, curve) => sum + (curve[i] ?? 1), 0) / curves.length);
}

function energyTable(layers: readonly LayerEnergy[], share: number): string {
  const titles = ['layer', 'one head', 'queries', 'keys', 'by query', 'by head', 'by key'];
  const rows = layers.map(({ layer, dims, energy }) => {
    const { heads, query, key, unfoldings } = energy;
    const own = heads.reduce((sum, curve) => sum + dimensionsFor(share, curve), 0) / heads.length;
    const of = (curve: EnergyCurve): string => `${dimensionsFor(share, curve)} of ${curve.length}`;
    const together = [query, key, unfoldings.query, unfoldings.heads, unfoldings.key].map(of);
    return [plainText(layer), `${own.toFixed(1)} of ${dims}`, ...together];
  });
  return table(titles, rows);
}

/** The mean of layers of the same sizes as the first, by the share of its dimensions that each curve has. */
function picture(layers: readonly LayerEnergy[]): string {
  const all = layers.map(({ energy }) => curvesOf(energy));
  const [first] = all as [ReadonlyMap<string, EnergyCurve>];
  const alike = all.filter((curves) => [...curves].every(([name, curve]) => curve.length === first.get(name)?.length));
  const curves = [...first.keys()].map((name) => {
    const mean = meanCurve(alike.map((own) => own.get(name) as EnergyCurve));
    return { name, dashed: false, points: mean.map((held, i) => [(i + 1) / mean.length, held] as const) };
  });
  const [{ layer }] = layers as [LayerEnergy];
  const title =
    layers.length === 1 ? `Energy of ${layer}` : `Energy of keys and queries, mean of ${alike.length} layers`;
  const labels = { title, xLabel: 'share of the dimensions', yLabel: 'share of the energy' };
  return lineChart({ ...labels, curves, logX: false, logY: false }, { width: 720, height: 420 });
}

/** Runs the command. @returns the exit status */
export async function energyOf(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const path = checkpointPath(positionals[0], 'collab-attention energy MODEL.safetensors');
  const { out, layer } = values;
  requireFolders({ out });
  const share = realNumber('share', values.share, { above: true }) ?? 0.9;
  if (share > 1) throw new UsageError(`--share must be at most 1, got ${values.share}`);
  await init({ device: 'wasm', threads: wholeNumber('threads', values.threads) });
  const layers = await layerEnergies(path, { ...sourceOptions(values), layer, signal, onProgress: tellLayer });
  if (layers.length === 0) throw new UsageError(`${path} has no layer that can be shared`);
  if (out !== undefined) writeFile(out, picture(layers));
  if (values.json) await printJson({ file: path, share, layers: layers.map((one) => jsonOf(one, share)) });
  else await print(energyTable(layers, share) + (out === undefined ? '' : `picture: ${plainText(out)}\n`));
  return 0;
}

function jsonOf({ layer, heads, dims, energy }: LayerEnergy, share: number): object {
  const { query, key, sum, unfoldings } = energy;
  const of = (curve: EnergyCurve): number => dimensionsFor(share, curve);
  const dimensions = {
    heads: energy.heads.map(of),
    ...{ query: of(query), key: of(key), sum: of(sum) },
    unfoldings: { query: of(unfoldings.query), heads: of(unfoldings.heads), key: of(unfoldings.key) },
  };
  return { layer, heads, dims, dimensions, energy };
}
