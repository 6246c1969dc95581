/** The file of a model: a selector, and the names of its classes. */
import { openSafetensors } from '@saccade/tensor';
import type { PatchSelector } from '../model/patch-selector.js';
import { loadSelector, saveSelector } from '../model/selector-checkpoint.js';

/** A selector and what its classes are called. */
export interface Model {
  readonly selector: PatchSelector;
  /** Undefined where the file does not tell. */
  readonly classes: readonly string[] | undefined;
}

/** Writes the file, which `loadSelector` can read too. @throws {SaccadeError} with code `io` */
export async function saveModel(path: string, selector: PatchSelector, classes: readonly string[]): Promise<void> {
  await saveSelector(path, selector, { metadata: { classes: JSON.stringify(classes) } });
}

function parseClasses(text: string | undefined): readonly string[] | undefined {
  try {
    const names: unknown = JSON.parse(text ?? '');
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // Written by something else, which has names of its own or none.
  }
  return undefined;
}

/** @throws {FormatError} for what is no model @throws {SaccadeError} with code `io` */
export async function loadModel(path: string): Promise<Model> {
  const file = await openSafetensors(path);
  const { classes } = file.metadata;
  await file.close();
  const selector = await loadSelector(path);
  const names = parseClasses(classes);
  return { selector, classes: names?.length === selector.config.classes ? names : undefined };
}
