/** The selector that looks, and what its classes are called. */
import { openSafetensors } from '@saccade/tensor';
import { loadSelector, type PatchSelector } from '@saccade/topk';

/** A selector with its name. */
export interface Model {
  readonly name: string;
  readonly selector: PatchSelector;
  readonly classes: readonly string[];
}

/** Names as `topk train` writes them, else numbers. */
function classNames(text: string | undefined, count: number): string[] {
  try {
    const names: unknown = JSON.parse(text ?? '');
    if (Array.isArray(names) && names.length === count) return names.map(String);
  } catch {
    // Written by something else.
  }
  return Array.from({ length: count }, (_, i) => String(i));
}

/** @throws {Error} for what is no selector, in words for people */
export async function loadModel(name: string, source: Blob | Uint8Array): Promise<Model> {
  try {
    const file = await openSafetensors(source);
    const { classes } = file.metadata;
    await file.close();
    const selector = (await loadSelector(source)).eval();
    return { name, selector, classes: classNames(classes, selector.config.classes) };
  } catch (cause) {
    throw new Error(`${name} is not a selector that this page can use: ${(cause as Error).message}`, { cause });
  }
}
