/** `sparse-sgd inspect`: what a file holds that this package, or another one, has written. */
import { print, printJson, readArguments, readFile, readStart, table, UsageError, wholeNumber } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { FormatError, openSafetensors, type SafetensorsFile } from '@saccade/tensor';
import { magic } from '../wire/frame.js';
import type { FileReport } from './file-report.js';
import { inspectDistributed } from './inspect-distributed.js';
import { inspectLinear } from './inspect-linear.js';
import { inspectMessage } from './inspect-message.js';
import { type ArrayReport, arrayReports } from './inspect-tensors.js';

const help = `Says what a file holds: a check point of Mem-SGD or of a job, weights (safetensors), or an encoded message.

  sparse-sgd inspect FILE [options]

  --longest N   most entries that a message may be of (default 67108864)
  --json        the result as JSON on standard output, and nothing else there
  --help        this text

The norm of the memory, which is what was not sent yet, stands beside the bound of the theory where
there is one: for Mem-SGD with a rate gamma / (lambda (t + shift)) and a shift that is large enough.
`;

const definitions = {
  longest: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const defaultLongest = 2 ** 26;

/** The findings, and the arrays of a safetensors file. */
type Found = FileReport & { readonly arrays?: readonly ArrayReport[] };

function reportOf(
  path: string,
  metadata: Readonly<Record<string, string>>,
  arrays: readonly ArrayReport[],
): FileReport {
  if (metadata.saccade_sgd !== undefined) return inspectLinear(path, metadata, arrays);
  if (metadata.saccade_distributed !== undefined) return inspectDistributed(path, metadata, arrays);
  const lines = Object.entries(metadata).map(([name, value]) => [name, value.slice(0, 200)] as const);
  return { kind: 'weights', lines, facts: { metadata: { ...metadata } } };
}

/** A file that begins as a message and does not go on as safetensors do, with its header in JSON, is one. */
function isMessage(bytes: Uint8Array): boolean {
  return bytes[0] === magic && bytes[8] !== '{'.charCodeAt(0);
}

async function opened(path: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(path);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new FormatError(`${path} is neither safetensors nor a message (${cause.message})`, { cause });
  }
}

/** What a file holds. @param longest most entries that a message may be of @throws {FormatError} for a file of another kind @throws {FileError} */
export async function look(path: string, longest: number): Promise<Found> {
  if (isMessage(readStart(path, 9))) return inspectMessage(readFile(path), longest);
  const file = await opened(path);
  try {
    const arrays = await arrayReports(file, path);
    return { ...reportOf(path, file.metadata, arrays), arrays };
  } finally {
    await file.close();
  }
}

function text(path: string, { kind, lines, arrays }: Found): string {
  const width = Math.max(...lines.map(([label]) => label.length), 0);
  const facts = lines.map(([label, value]) => `  ${plainText(label).padEnd(width)}  ${plainText(value)}\n`).join('');
  if (arrays === undefined) return `${plainText(path)}: ${kind}\n${facts}`;
  const rows = arrays.map(({ name, dtype, shape, norm, nonFinite }) => [
    plainText(name),
    dtype,
    `[${shape.join(', ')}]`,
    norm.toPrecision(5),
    ...(nonFinite === 0 ? [''] : [`${nonFinite} not finite`]),
  ]);
  return `${plainText(path)}: ${kind}\n${facts}\n${table(['array', 'type', 'shape', 'norm', ''], rows)}`;
}

/** Runs the command. @returns the exit status */
export async function inspect(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const [path] = positionals;
  if (path === undefined) throw new UsageError('expected a file: sparse-sgd inspect FILE');
  const longest = wholeNumber('longest', values.longest) ?? defaultLongest;
  const found = await look(path, longest);
  if (values.json) {
    const { kind, facts, arrays } = found;
    await printJson({ file: path, kind, ...facts, arrays });
  } else await print(text(path, found));
  return 0;
}
