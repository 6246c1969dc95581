/** Proofs of layers one after another. */
import { Sequential } from '@saccade/nn';
import type { Group } from '../groups/group.js';
import { knownProof } from './known-layers.js';
import type { Form, Proof, ProofStep, Provable } from './proof.js';
import { UnprovedError } from './unproved-error.js';

/** Whether something proves its equivariance itself. */
export function isProvable(layer: unknown): layer is Provable {
  return typeof (layer as Partial<Provable> | null | undefined)?.prove === 'function';
}

/**
 * The proof of one layer: its own, that of layers in a `Sequential`, or that of a layer of `@saccade/nn` whose equivariance is plain.
 * @param path of the layer in the model @throws {UnprovedError} for another
 */
export function proofOf(layer: unknown, form: Form, group: Group, path: string): Proof {
  if (isProvable(layer)) return layer.prove(form, group, path);
  if (layer instanceof Sequential) return proveChain(layer.layers.entries(), form, group, path);
  const known = knownProof(layer, form, group, path);
  if (known === undefined) throw new UnprovedError(path === '' ? 'model' : path);
  return known;
}

/**
 * The proof of layers each of which takes what the one before gives.
 * @param layers with their names @param path of what holds them @throws {UnprovedError}
 */
export function proveChain(
  layers: Iterable<readonly [name: string | number, layer: unknown]>,
  form: Form,
  group: Group,
  path: string,
): Proof {
  const steps: ProofStep[] = [];
  let output = form;
  for (const [name, layer] of layers) {
    const proof = proofOf(layer, output, group, path === '' ? `${name}` : `${path}.${name}`);
    steps.push(...proof.steps);
    output = proof.output;
  }
  return { steps, output };
}
