/** `attention-conv plot`: where the heads of a file look, as a picture. */
import { oneOf, print, readArguments, requireFolders, UsageError, wholeNumber, writeFile } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { init } from '@saccade/tensor';
import { contoursSvg } from '../pictures/contours-picture.js';
import { headsSvg } from '../pictures/heads-picture.js';
import { listed, readHeads } from './heads.js';

const help = `A picture of where the attention heads of a file look, as SVG.

  attention-conv plot ATTENTION.safetensors -o PICTURE.svg [options]

  -o, --out FILE    where the picture goes
  --picture NAME    heads (a heat map for each head of one layer) or contours (centres and spreads of
                    all layers). Default: heads where there is one layer, else contours
  --layer NAME      only this layer
  --radius R        pixels around the query that are shown
  --help            this text
`;

const definitions = {
  out: { type: 'string', short: 'o' },
  picture: { type: 'string' },
  layer: { type: 'string' },
  radius: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Runs the command. @returns the exit status */
export async function plot(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const [path] = positionals;
  const { out } = values;
  if (path === undefined) throw new UsageError('expected a file: attention-conv plot ATTENTION.safetensors');
  if (out === undefined) throw new UsageError('expected -o FILE, where the picture goes');
  requireFolders({ out });
  const radius = wholeNumber('radius', values.radius, 0);
  const asked = oneOf('picture', values.picture, ['heads', 'contours']);
  await init({ device: 'wasm', threads: 1 });
  const layers = await readHeads(path, values.layer);
  const picture = asked ?? (layers.length === 1 ? 'heads' : 'contours');
  if (picture === 'heads' && layers.length > 1) {
    throw new UsageError(`--picture heads shows one layer: name one of ${listed(layers)} with --layer`);
  }
  const [name, layer] = layers[0]!;
  const svg =
    picture === 'heads'
      ? headsSvg(layer, { radius, title: name === '' ? undefined : `Where each head of ${name} looks from its query` })
      : contoursSvg(
          layers.map(([, one]) => one),
          { radius, names: layers.map(([own]) => own || 'the layer') },
        );
  writeFile(out, svg);
  await print(`picture: ${plainText(out)}\n`);
  return 0;
}
