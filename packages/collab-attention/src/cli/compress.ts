/** `collab-attention compress`: a model with shared keys and queries. */
import {
  checkpointPath,
  oneOf,
  percent,
  print,
  printJson,
  readArguments,
  realNumber,
  requireFolders,
  table,
  UsageError,
  wholeNumber,
} from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { init } from '@saccade/tensor';
import type { ConversionReport, LayerReport } from '../checkpoint/conversion-report.js';
import { convertCheckpoint } from '../checkpoint/convert-checkpoint.js';
import type { ConvertOptions } from '../checkpoint/convert-options.js';
import { compressGraph } from './compress-onnx.js';
import { modelDefinitions, modelHelp, size, sourceOptions } from './model.js';
import { progressTeller } from './tell-progress.js';

const help = `Makes the heads of each attention layer share keys and queries, so that the model has fewer bytes.

  collab-attention compress MODEL -o FILE --shared-dim N [options]
  collab-attention compress MODEL -o FILE --max-error E [options]
  collab-attention compress MODEL -o FILE --target-bytes N [options]

MODEL is a .safetensors file, the index of several (.safetensors.index.json), or a folder with one; or an
.onnx file, whose graph is rewritten. The configuration is written beside FILE. Everything but keys and
queries stays as it is, to the byte.

  -o, --out FILE        where the model goes: a .safetensors file, or an index where MODEL is one
  --shared-dim N        shared dimensions of each layer; below 1 a share of its heads x dimensions
  --max-error E         the largest relative error of each layer, such as 0.1
  --target-bytes N      the largest size of the whole model, such as 300MB or 280MiB
  --seed N              of the random starts (default 0)
  --restarts N          how many random starts (default 1)
  --iterations N        sweeps at most (default 100)
  --length N            tokens for which operations are counted (default 128)
  --on-unsupported WHAT refuse (default) or skip layers that have no shared form
  --allow-growth        converts layers too that take no fewer bytes afterwards
  --float32             new tensors in float32, whatever the type of the model
  --released            for the classes of the paper's release: their divisor and their names
${modelHelp}
An .onnx file takes --shared-dim, --max-error, --seed, --restarts, --iterations and --allow-growth;
attention in it that has no shared form stays as it is, with the reason.
`;

const definitions = {
  ...modelDefinitions,
  out: { type: 'string', short: 'o' },
  'shared-dim': { type: 'string' },
  'max-error': { type: 'string' },
  'target-bytes': { type: 'string' },
  seed: { type: 'string' },
  restarts: { type: 'string' },
  iterations: { type: 'string' },
  length: { type: 'string' },
  'on-unsupported': { type: 'string' },
  'allow-growth': { type: 'boolean', default: false },
  float32: { type: 'boolean', default: false },
  released: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof readArguments<typeof definitions>>['values'];

function conversionOf(values: Values): ConvertOptions {
  const choices = ['shared-dim', 'max-error', 'target-bytes'] as const;
  if (choices.filter((name) => values[name] !== undefined).length !== 1) {
    throw new UsageError('expected one of --shared-dim N, --max-error E and --target-bytes N');
  }
  return {
    ...sourceOptions(values),
    sharedDim: realNumber('shared-dim', values['shared-dim'], { above: true }),
    maxError: realNumber('max-error', values['max-error']),
    targetBytes: bytesOf(values['target-bytes']),
    seed: wholeNumber('seed', values.seed, 0),
    restarts: wholeNumber('restarts', values.restarts, 0),
    maxIterations: wholeNumber('iterations', values.iterations),
    length: wholeNumber('length', values.length),
    onUnsupported: oneOf('on-unsupported', values['on-unsupported'], ['refuse', 'skip']),
    allowGrowth: values['allow-growth'],
    dtype: values.float32 ? 'F32' : 'input',
    form: values.released ? 'released' : 'plain',
  };
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
};

/** @throws {UsageError} */
function bytesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const found = /^(\d+(?:\.\d+)?)\s*([KMG]I?|)B?$/i.exec(text.trim());
  const bytes =
    found === null ? 0 : Math.floor(Number(found[1]) * (units[(found[2] as string).toUpperCase()] as number));
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new UsageError(`--target-bytes must be a number of bytes such as 300000000, 300MB or 280MiB, got ${text}`);
}

function layerRow(report: LayerReport): string[] {
  const name = plainText(report.layer);
  if (report.status !== 'converted') return [name, report.status, '-', '-', '-', '-', '-'];
  const { rank, heads, dims, error, bytes, operations } = report;
  return [
    name,
    `${rank} of ${heads * dims}`,
    error.toPrecision(3),
    size(bytes.before),
    size(bytes.after),
    `${(operations.after / operations.before).toFixed(2)} x`,
    operations.breakEven === null ? 'any' : String(operations.breakEven),
  ];
}

function reportText({ layers, total, warnings }: ConversionReport): string {
  const titles = [
    'layer',
    'rank',
    'error',
    'keys + queries',
    'after',
    `work at ${total.operations.length}`,
    'less up to',
  ];
  const kept = layers.flatMap((layer) =>
    layer.status === 'converted' ? layer.notes.map((note) => [layer.layer, note]) : [[layer.layer, layer.reason]],
  );
  const { bytes } = total;
  const saved = bytes.before === 0 ? 0 : 1 - bytes.after / bytes.before;
  return [
    table(titles, layers.map(layerRow)),
    kept.length > 0 ? '\n' : '',
    ...kept.map(([layer, note]) => `${plainText(layer as string)}: ${plainText(note as string)}\n`),
    `\n${size(bytes.before)} before, ${size(bytes.after)} after: ${percent(saved)} less`,
    `, ${percent(saving(total.queryKeyBytes))} less for keys and queries\n`,
    ...warnings.map((warning) => `${warning}\n`),
  ].join('');
}

function saving({ before, after }: { readonly before: number; readonly after: number }): number {
  return before === 0 ? 0 : 1 - after / before;
}

/** Options that have no meaning for a graph. */
const ofCheckpoints = [
  'target-bytes',
  'length',
  'on-unsupported',
  'float32',
  'released',
  'config',
  'heads',
  'family',
] as const;

/** @throws {UsageError} */
function requireGraphOptions(values: Values): void {
  const other = ofCheckpoints.find((name) => values[name] !== undefined && values[name] !== false);
  if (other !== undefined) throw new UsageError(`--${other} is for safetensors, not for .onnx files`);
}

/** Runs the command. @returns the exit status */
export async function compress(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const path = checkpointPath(positionals[0], 'collab-attention compress MODEL.safetensors -o FILE');
  const { out } = values;
  if (out === undefined) throw new UsageError('expected -o FILE, where the model goes');
  requireFolders({ out });
  const options = conversionOf(values);
  const isGraph = path.endsWith('.onnx');
  if (isGraph) requireGraphOptions(values);
  await init({ device: 'wasm', threads: wholeNumber('threads', values.threads) });
  if (isGraph) {
    const { sharedDim, maxError, seed, restarts, maxIterations, allowGrowth } = options;
    const chosen = { sharedDim, maxError, seed, restarts, maxIterations, allowGrowth, signal };
    return compressGraph(path, out, chosen, values.json);
  }
  const { report } = await convertCheckpoint(path, out, { ...options, signal, onProgress: progressTeller() });
  if (values.json) await printJson({ file: out, ...report });
  else await print(`${reportText(report)}model: ${plainText(out)}\n`);
  return 0;
}
