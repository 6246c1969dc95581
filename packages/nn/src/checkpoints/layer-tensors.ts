/** Which tensors of a checkpoint's layers a map leaves out, and which a layer lacks beside the others. */
import type { KnownTensor } from './map-tensors.js';
import type { StackPlan } from './stack-plan.js';

/** Tensors in the layers that are not in the map and would have changed the result: of all, or of attention. @internal */
export function unknownTensors(plan: StackPlan, known: readonly KnownTensor[], attentionOnly: boolean): string[] {
  const { attention, norms, buffers } = plan.stack.names;
  const names = new Set(known.map(({ name }) => name));
  const insideOf = insides(plan);
  return plan.file.names.filter((name) => {
    const inside = names.has(name) ? undefined : insideOf(name);
    if (inside === undefined || buffers?.test(inside)) return false;
    return !attentionOnly || (inside.startsWith(`${attention.path}.`) && !inside.startsWith(`${norms.attention}.`));
  });
}

/**
 * The map's tensors, and what is optional and only some layers have (biases, norms of queries and keys) in all of them:
 * where it is missing, the file is damaged, and its layer would go without a word. @internal
 */
export function alikeTensors(plan: StackPlan, known: readonly KnownTensor[]): KnownTensor[] {
  const { positions, attention } = plan.stack.names;
  const insideOf = insides(plan);
  const inLayers = new Map<string, KnownTensor>();
  for (const tensor of known) {
    const inside = insideOf(tensor.name);
    if (inside !== undefined && !inLayers.has(inside)) inLayers.set(inside, tensor);
  }
  if (positions === 'relative-bias' && attention.relativeTable) inLayers.delete(attention.relativeTable); // the first layer's is for all
  const names = new Set(known.map(({ name }) => name));
  const missing = [...new Set(plan.paths)].flatMap((path) =>
    [...inLayers]
      .map(([inside, tensor]) => ({ ...tensor, name: path + inside }))
      .filter(({ name }) => !names.has(name)),
  );
  return [...known, ...missing];
}

/** What follows the path of the layer in the name of a layer's tensor; undefined for other names. */
function insides({ stack }: StackPlan): (name: string) => string | undefined {
  const { before, names } = stack;
  const inLayer = new RegExp(`^${escaped(names.layer).replace('\\{i\\}', '[0-9]+').replace('\\{j\\}', '[0-9]+')}`);
  return (name) => {
    if (!name.startsWith(before)) return undefined;
    const rest = name.slice(before.length);
    const path = inLayer.exec(rest)?.[0];
    return path === undefined ? undefined : rest.slice(path.length);
  };
}

const escaped = (text: string): string => text.replace(/[.{}]/g, '\\$&');
