/** Which stacks of layers a checkpoint holds, seen from the names of its tensors. */
import { FormatError, OptionError, quote, type SafetensorsFile } from '@saccade/tensor';
import { type TransformerFamily, transformerFamilies } from './transformer-families.js';

/** What is asked of a file to know its parts: an open `SafetensorsFile`, or several behind one front. */
export type CheckpointNames = Pick<SafetensorsFile, 'names' | 'info'>;

/** One stack of layers in a checkpoint. */
export interface TransformerStack {
  readonly family: string;
  /** What all names of the model begin with, such as `bert.`. */
  readonly prefix: string;
  /** Layers with weights of their own. */
  readonly layers: number;
}

/** With what else its names say. @internal */
export interface FoundStack extends TransformerStack {
  readonly names: TransformerFamily;
  /** What stands before the path of each layer. */
  readonly before: string;
  /** Paths of the layers, `groups[i][j]` in the order of their numbers; with one in each group unless the family shares. */
  readonly groups: readonly (readonly string[])[];
}

/** Tensors by which a family is known: the first says where its layers are, the second must be in one of them. */
const markers = ({ attention, layer }: TransformerFamily): readonly [string, string] => [
  `${layer}${attention.query}.weight`,
  `${layer}${attention.output}.weight`,
];

/** What stands before a template, whose parts are given, at the end of a name, and the numbers between them; undefined if the name does not end so. */
function matchEnd(
  name: string,
  parts: readonly string[],
): { readonly before: string; readonly numbers: number[] } | undefined {
  const numbers: number[] = [];
  let rest = name;
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at] as string;
    if (!rest.endsWith(part)) return undefined;
    rest = rest.slice(0, rest.length - part.length);
    if (at === 0) break;
    const start = numberStart(rest);
    const digits = rest.slice(start);
    if (!/^(0|[1-9][0-9]{0,4})$/.test(digits)) return undefined;
    numbers.unshift(Number(digits));
    rest = rest.slice(0, start);
  }
  return rest === '' || rest.endsWith('.') ? { before: rest, numbers } : undefined;
}

/** Where the digits at the end of a text begin. */
function numberStart(text: string): number {
  let start = text.length;
  while (start > 0 && '0123456789'.includes(text[start - 1] as string)) start--;
  return start;
}

/** A template with its numbers. */
function fill(template: string, [i = 0, j = 0]: readonly number[]): string {
  return template.replace('{i}', String(i)).replace('{j}', String(j));
}

/** The paths in the order of their numbers. @throws {FormatError} unless the numbers count up from 0 */
function grouped(op: string, where: string, names: TransformerFamily, found: readonly number[][]): string[][] {
  const groups: string[][] = [];
  const order = [...found].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
  for (const [i = 0, j = 0] of order) {
    if (i === groups.length) groups.push([]);
    const group = groups[i];
    if (group === undefined || group.length !== j) {
      const missing = `${where}${fill(names.layer, group === undefined ? [groups.length] : [i, group.length])}`;
      throw new FormatError(
        `${op}: there is a layer ${quote(where + fill(names.layer, [i, j]))}, but no ${quote(missing)}`,
      );
    }
    group.push(where + fill(names.layer, [i, j]));
  }
  return groups;
}

/** All stacks with what their names say. */
function findStacks(op: string, { names }: CheckpointNames): FoundStack[] {
  const all = new Set(names);
  return transformerFamilies.flatMap((family) => {
    const [query, output] = markers(family);
    const parts = query.split(/\{[ij]\}/);
    const places = new Map<string, number[][]>();
    for (const name of names) {
      const match = matchEnd(name, parts);
      if (match === undefined || family.before?.test(match.before) === false) continue;
      const found = places.get(match.before);
      if (found === undefined) places.set(match.before, [match.numbers]);
      else found.push(match.numbers);
    }
    const isOfFamily = ([before, found]: readonly [string, readonly number[][]]): boolean =>
      found.some((numbers) => all.has(before + fill(output, numbers)));
    return [...places].filter(isOfFamily).map(([before, found]) => {
      const groups = grouped(op, before, family, found);
      const prefix = before.endsWith(family.stack) ? before.slice(0, before.length - family.stack.length) : before;
      return { family: family.name, prefix, layers: found.length, names: family, before, groups };
    });
  });
}

/**
 * The stacks of layers that a checkpoint holds, whose families are known: one in most files, two in CLIP's.
 * @throws {FormatError} if a layer is missing between others
 */
export function transformerStacks(file: CheckpointNames): TransformerStack[] {
  return findStacks('transformerStacks', file).map(({ family, prefix, layers }) => ({ family, prefix, layers }));
}

/** The one stack that is meant. @internal @throws {FormatError} if there is none of a known family @throws {OptionError} if there are several */
export function chooseStack(
  op: string,
  file: CheckpointNames,
  { family, prefix }: { readonly family?: string | undefined; readonly prefix?: string | undefined },
): FoundStack {
  const known = [...new Set(transformerFamilies.map(({ name }) => name))];
  if (family !== undefined && !known.includes(family)) {
    throw new OptionError(`${op}: family must be one of ${known.join(', ')}, got ${quote(family)}`);
  }
  const all = findStacks(op, file);
  const fit = all.filter((s) => (family ?? s.family) === s.family && (prefix ?? s.prefix) === s.prefix);
  if (fit.length === 1) return fit[0] as FoundStack;
  const shown = all.slice(0, 20).map((s) => `${s.family} with prefix ${quote(s.prefix)}`);
  const stacks = shown.join(', ') + (all.length > shown.length ? `, … and ${all.length - shown.length} more` : '');
  if (fit.length > 1) throw new OptionError(`${op}: there are ${stacks}: choose one by { prefix } or { family }`);
  if (all.length > 0) throw new OptionError(`${op}: no such stack; there are ${stacks}`);
  throw new FormatError(`${op}: no known family (${known.join(', ')}) has these tensors: ${patterns(file.names)}`);
}

/** The names with their numbers as {i}, each pattern once, the first twenty. */
function patterns(names: readonly string[]): string {
  const distinct = new Set<string>();
  for (const name of names) distinct.add(name.slice(0, 200).replace(/(^|\.)[0-9]+(?=\.|$)/g, '$1{i}'));
  const shown = [...distinct].slice(0, 20);
  const more = distinct.size > shown.length ? `, … and ${distinct.size - shown.length} more` : '';
  return shown.length === 0 ? 'none' : shown.map((name) => `\n    ${name}`).join('') + more.replace(', ', '\n    ');
}
