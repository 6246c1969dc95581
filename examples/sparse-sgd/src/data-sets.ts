/** The sets of rows that experiments run on: generated, or files of the data folder. */
import type { Context, Experiment } from '@saccade/lab';
import { loadLibsvm } from '@saccade/nn';
import { type Label, type LinearData, unitRows } from '@saccade/sparse-sgd';
import { webPages } from './web-pages.js';

/** Rows of length 1, and which label is the positive one where it is not 1. */
export interface Rows {
  readonly data: LinearData;
  readonly positive?: Label;
}

/** A set by name. */
export interface DataSet {
  /** As it stands in ids: 'w8a'; empty for the one that is always there. */
  readonly suffix: string;
  /** As it stands in titles. */
  readonly title: string;
  /** What an experiment declares that runs on it. */
  readonly needs: Pick<Experiment, 'needs' | 'needsFrom'>;
  load(context: Context): Promise<Rows>;
}

const page = 'https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary.html';

function file(name: string, positive?: Label): DataSet {
  return {
    suffix: `-${name}`,
    title: name,
    needs: { needs: `libsvm/${name}`, needsFrom: `The file ${name} of ${page} in a folder libsvm.` },
    load: async (context) => ({
      data: unitRows(await loadLibsvm(context.data(`libsvm/${name}`), { signal: context.signal })),
      ...(positive === undefined ? {} : { positive }),
    }),
  };
}

/** 20,000 generated web pages. */
export const generated: DataSet = {
  suffix: '',
  title: 'generated pages',
  needs: {},
  load: async ({ seed }) => ({ data: unitRows(await webPages(seed)) }),
};

/** Web pages: 49,749 rows of 300 features, 3 % of them positive. */
export const w8a: DataSet = file('w8a');

/** Adults and their incomes: 32,561 rows of 123 features. */
export const a9a: DataSet = file('a9a');

/** Mushrooms, edible (1) or not (2): 8,124 rows of 112 features. */
export const mushrooms: DataSet = file('mushrooms', 1);

/** What several experiments ask for is made once. */
export function once<T>(make: (context: Context) => Promise<T>): (context: Context) => Promise<T> {
  let made: Promise<T> | undefined;
  return (context) => {
    made ??= make(context);
    return made;
  };
}
