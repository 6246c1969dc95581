/** Finds the experiments: the list `experiments` that `experiments.ts` exports in each folder beside this one. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, type Experiment, faults } from './experiment.js';

/** Stands in for a file that is no good: it fails with what is wrong, and the others run. */
function broken(folder: string, problem: string): Experiment {
  return {
    id: `${folder}/experiments`,
    claim: `The experiments of ${folder} can be loaded.`,
    measures: 'files loaded',
    baseline: 'none',
    bar: { atLeast: 1 },
    run: () => Promise.reject(new Error(problem)),
  };
}

async function load(path: string): Promise<readonly Experiment[]> {
  const { experiments } = (await import(pathToFileURL(path).href)) as { experiments?: unknown };
  if (!Array.isArray(experiments))
    throw new TypeError(`expected an exported list 'experiments', got ${describe(experiments)}`);
  return experiments;
}

/** What is wrong with a folder's declarations; `taken` has the ids of the folders before it. */
function problems(experiments: readonly Experiment[], taken: ReadonlySet<string>): string[] {
  const ids = experiments.map((experiment) => experiment?.id);
  return experiments.flatMap((experiment, i) => {
    if (typeof experiment !== 'object' || experiment === null)
      return [`entry ${i} is no experiment, got ${describe(experiment)}`];
    const { id } = experiment;
    const found = faults(experiment);
    if (ids.indexOf(id) < i || taken.has(id)) found.push('there is another of this id');
    return found.map((fault) => `${id}: ${fault}`);
  });
}

/**
 * The experiments of all folders below `root` that have an `experiments.ts`, by folder name. A folder whose file cannot be
 * loaded, or declares something wrong, gives one experiment that fails and says why.
 */
export async function discover(root: string): Promise<Experiment[]> {
  const found: Experiment[] = [];
  const folders = readdirSync(root).filter((name) => existsSync(join(root, name, 'experiments.ts')));
  for (const folder of folders.sort()) {
    const path = join(root, folder, 'experiments.ts');
    try {
      const experiments = await load(path);
      const wrong = problems(experiments, new Set(found.map(({ id }) => id)));
      if (wrong.length > 0) throw new TypeError(wrong.join('; '));
      found.push(...experiments);
    } catch (error) {
      found.push(broken(folder, `${path}: ${error instanceof Error ? error.message : error}`));
    }
  }
  return found;
}

/** The experiments whose id contains a pattern, where `*` stands for any text. */
export function choose(experiments: readonly Experiment[], pattern: string): Experiment[] {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  const form = new RegExp(parts.join('.*'));
  return experiments.filter(({ id }) => form.test(id));
}
