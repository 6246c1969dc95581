/** `attention-conv read`: what each head of a file does, as a kernel. */
import { percent, print, printJson, readArguments, table, UsageError, wholeNumber } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { init } from '@saccade/tensor';
import { type HeadReport, headReport } from '../read/head-report.js';
import { readHeads } from './heads.js';

const help = `Each attention head of a file as a kernel: where it looks, how sharply, and what it is.

  attention-conv read ATTENTION.safetensors [options]

  --layer NAME   only this layer
  --radius R     pixels around the query that are looked at (default 4)
  --json         the result as JSON on standard output, and nothing else there
  --help         this text

Columns: what the head is (shift: half of its weight or more on one pixel; global: nearly even; blur:
in between; degenerate: its form says that it attends to no place), the offset of its largest weight
(down, right), that weight, the mean offset, entropy in nats, and the deviation from the mean offset.
`;

const definitions = {
  layer: { type: 'string' },
  radius: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const offset = (list: readonly number[], digits = 0): string => `(${list.map((d) => d.toFixed(digits)).join(', ')})`;

function headsTable(heads: readonly HeadReport[]): string {
  const rows = heads.map(({ head, status, argmaxShift, maxProb, meanShift, entropy, peakWidth, tied }) => [
    `${head} ${status}${tied ? ' (tied)' : ''}`,
    offset(argmaxShift),
    percent(maxProb),
    offset(meanShift, 2),
    entropy.toFixed(3),
    peakWidth.toFixed(3),
  ]);
  return table(['head', 'looks at', 'weight', 'mean offset', 'entropy', 'width'], rows);
}

/** Runs the command. @returns the exit status */
export async function read(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const [path] = positionals;
  if (path === undefined) throw new UsageError('expected a file: attention-conv read ATTENTION.safetensors');
  const radius = wholeNumber('radius', values.radius, 0) ?? 4;
  await init({ device: 'wasm', threads: 1 });
  const layers = (await readHeads(path, values.layer)).map(([name, layer]) => ({
    name,
    dims: layer.dims,
    heads: layer.heads === 0 ? [] : headReport(layer, { radius }),
  }));
  if (values.json) await printJson({ file: path, radius, layers });
  else {
    const parts = layers.map(({ name, heads }) => (name === '' ? '' : `${plainText(name)}\n`) + headsTable(heads));
    await print(parts.join('\n'));
  }
  return 0;
}
