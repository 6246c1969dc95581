/** The network that a command line names. */
import { checkpointPath } from '@saccade/command';
import { FormatError } from '@saccade/tensor';
import { loadGroupAttention } from '../files/module-file.js';
import { GroupAttentionNet } from '../network/group-attention-net.js';

/** @throws {UsageError} without a path @throws {FormatError} for what is no network @throws {SaccadeError} with code `io` */
export async function readNetwork(
  path: string | undefined,
  command: string,
  signal: AbortSignal,
): Promise<GroupAttentionNet> {
  const file = checkpointPath(path, `equivariant-attention ${command} MODEL.safetensors`);
  const module = await loadGroupAttention(file, { signal });
  if (module instanceof GroupAttentionNet) return module;
  module.dispose();
  throw new FormatError(`${file}: a single layer, no network: equivariant-attention train writes one`);
}
