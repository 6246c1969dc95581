/** Taking over the model of the other workers. */
import { decodeSafetensors, OptionError, quote } from '@saccade/tensor';
import { type ByTensor, byGroup } from './memory-by-tensor.js';
import { loadModelArrays, part } from './model-arrays.js';
import type { Replica } from './replica.js';
import { parseHeader } from './run-header.js';

/**
 * Makes a replica what another one was when it gave its `modelState`; what it remembers alone begins at 0.
 * @throws {FormatError} for damaged bytes @throws {OptionError} if the worker was told something else than the others
 */
export function adoptState(replica: Replica, bytes: Uint8Array): void {
  const what = 'DistributedOptimizer: the state of the job';
  const { tensors, metadata } = decodeSafetensors(bytes, what);
  const header = parseHeader(what, metadata);
  requireSameLayout(replica.header().layout, header.layout);
  loadModelArrays(what, replica.inner, tensors, header.steps, true);
  replica.begin(header.turns, header.ranks);
  adoptShared(replica, part('shared', tensors));
}

/** Gives feedbacks what all workers remember alike. */
export function adoptShared({ groups, feedbacks, inner }: Replica, shared: ByTensor): void {
  const wanted = feedbacks.map((feedback) => feedback.shared);
  byGroup(groups, wanted, shared, inner.parameters).records.forEach((record, stream) => {
    feedbacks[stream]!.adopt(record);
  });
}

/** @throws {OptionError} that names what differs */
function requireSameLayout(own: string, theirs: string): void {
  if (own === theirs) return;
  let other: Record<string, unknown> = {};
  try {
    other = Object(JSON.parse(theirs));
  } catch {} // then all differs
  for (const [name, value] of Object.entries(JSON.parse(own) as Record<string, unknown>)) {
    const [mine, given] = [value, other[name]].map((one) => JSON.stringify(one) ?? 'nothing');
    if (mine === given) continue;
    const values = name === 'tensors' ? 'other tensors' : `${mine}, the job has ${quote(given)}`;
    throw new OptionError(`DistributedOptimizer: all workers need the same ${name}; this one has ${values}`);
  }
}
