/** The options of `equivariant-attention train`. */
import { oneOf, readArguments, realNumber, UsageError, wholeNumber } from '@saccade/command';
import type { NeighbourhoodShape } from '../encoding/neighbourhood.js';
import { type GroupName, groups } from '../groups/named-groups.js';
import { type DataOptions, dataDefinitions, dataOptionsOf } from './data-options.js';

const definitions = {
  ...dataDefinitions,
  'image-size': { type: 'string' },
  turn: { type: 'string' },
  validation: { type: 'string' },
  group: { type: 'string' },
  channels: { type: 'string' },
  heads: { type: 'string' },
  patch: { type: 'string' },
  'lifting-patch': { type: 'string' },
  neighbourhood: { type: 'string' },
  epochs: { type: 'string' },
  steps: { type: 'string' },
  batch: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  threads: { type: 'string' },
  out: { type: 'string', short: 'o', default: 'model.safetensors' },
  checkpoint: { type: 'string' },
  resume: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** All of them, without the dashes. */
export const optionNames: readonly string[] = Object.keys(definitions);

/** How images are turned while they are learned from. */
export type Turn = 'none' | 'group' | 'any';

/** What `equivariant-attention train` was asked to do. */
export interface TrainOptions extends DataOptions {
  readonly imageSize: number | undefined;
  readonly turn: Turn;
  readonly validation: number;
  readonly group: GroupName;
  readonly channels: number;
  readonly heads: number;
  readonly patch: number;
  readonly liftingPatch: number | undefined;
  readonly neighbourhood: NeighbourhoodShape;
  /** Passes, or steps, of which whole passes are made. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
  readonly threads: number | undefined;
  readonly out: string;
  readonly checkpoint: string | undefined;
  readonly resume: boolean;
  readonly json: boolean;
}

type Values = ReturnType<typeof readArguments<typeof definitions>>['values'];

/** @throws {UsageError} */
function lengthOf({ epochs, steps }: Values): TrainOptions['length'] {
  if (epochs !== undefined && steps !== undefined) throw new UsageError('expected --epochs or --steps, got both');
  const count = wholeNumber('steps', steps);
  return count === undefined ? { epochs: wholeNumber('epochs', epochs) ?? 20 } : { steps: count };
}

/** @throws {UsageError} */
function shareOf(text: string | undefined): number {
  const share = realNumber('validation', text) ?? 0.1;
  if (share >= 1) throw new UsageError(`--validation must be a number from 0 to below 1, got ${text}`);
  return share;
}

/** @throws {UsageError} */
function oddNumber(name: string, text: string | undefined): number | undefined {
  const value = wholeNumber(name, text);
  if (value !== undefined && value % 2 === 0) throw new UsageError(`--${name} must be an odd number, got ${text}`);
  return value;
}

/** Of half of the channels, half encode rows and half columns in the first layer, and a third each, and the element, in the others. @throws {UsageError} */
function channelsOf(text: string | undefined): number {
  const channels = wholeNumber('channels', text) ?? 16;
  if (channels % 4 === 0 && channels >= 8) return channels;
  throw new UsageError(`--channels must be 8, 12, 16 or another multiple of 4, got ${text}`);
}

/** Disc, where a square is not turned into itself. */
function usualShape(group: GroupName): NeighbourhoodShape {
  return groups[group].latticeElements.length < groups[group].order ? 'disc' : 'square';
}

/** Reads the arguments; undefined where help is wanted. @throws {UsageError} */
export function trainOptions(args: readonly string[]): TrainOptions | undefined {
  const { values } = readArguments(args, definitions);
  if (values.help) return undefined;
  const { out, checkpoint, resume, json } = values;
  const group = oneOf('group', values.group, Object.keys(groups) as GroupName[]) ?? 'p4';
  return {
    ...{ ...dataOptionsOf(values), out, checkpoint, resume, json, group },
    imageSize: wholeNumber('image-size', values['image-size']),
    turn: oneOf('turn', values.turn, ['none', 'group', 'any']) ?? 'none',
    validation: shareOf(values.validation),
    channels: channelsOf(values.channels),
    heads: wholeNumber('heads', values.heads) ?? 4,
    patch: oddNumber('patch', values.patch) ?? 3,
    liftingPatch: oddNumber('lifting-patch', values['lifting-patch']),
    neighbourhood: oneOf('neighbourhood', values.neighbourhood, ['square', 'disc', 'soft']) ?? usualShape(group),
    length: lengthOf(values),
    batch: wholeNumber('batch', values.batch) ?? 32,
    rate: realNumber('rate', values.rate, { above: true }) ?? 0.01,
    seed: wholeNumber('seed', values.seed, 0) ?? 0,
    threads: wholeNumber('threads', values.threads),
  };
}
