/** Values that lay in one tensor with queries and keys, cut out bit by bit. */
import type { WeightEntry } from '@saccade/nn';
import type { LazyEntry, SafetensorsFile, StoredArray } from '@saccade/tensor';

/** The weight of an entry as [out, in] in the element type of the file, read when its turn comes. */
export function weightPart(file: SafetensorsFile, entry: WeightEntry): LazyEntry {
  const { name, layout } = entry;
  const { dtype, shape } = file.info(name);
  const [all, width] = (layout === 'out-in' ? shape : [...shape].reverse()) as [number, number];
  const [start, rows] = rangeOf(entry, all);
  const read = async (): Promise<StoredArray> => {
    const stored = await file.readStored(name);
    // Rows follow one another; columns do not.
    const place = (i: number): number =>
      layout === 'out-in' ? start * width + i : (i % width) * all + start + Math.floor(i / width);
    return { dtype, shape: [rows, width], data: picked(stored, rows * width, place) };
  };
  return { dtype, shape: [rows, width], read };
}

/** The bias of an entry. @param bias its name */
export function biasPart(file: SafetensorsFile, entry: WeightEntry, bias: string): LazyEntry {
  const { dtype, shape } = file.info(bias);
  const [start, rows] = rangeOf(entry, shape[0] as number);
  const read = async (): Promise<StoredArray> => {
    const data = picked(await file.readStored(bias), rows, (i) => start + i);
    return { dtype, shape: [rows], data };
  };
  return { dtype, shape: [rows], read };
}

function rangeOf({ part }: WeightEntry, all: number): [start: number, rows: number] {
  const rows = all / (part?.count ?? 1);
  return [rows * (part?.index ?? 0), rows];
}

/** So many elements, each from its place. */
function picked({ data }: StoredArray, count: number, place: (i: number) => number): StoredArray['data'] {
  const out = data.slice(0, count);
  const [to, from] = [out as { [i: number]: number }, data as { readonly [i: number]: number }];
  for (let i = 0; i < count; i++) to[i] = from[place(i)]!;
  return out;
}
