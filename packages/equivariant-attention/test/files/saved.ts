/** Files in memory: as they were saved, and with something changed. */
import { encodeSafetensors, loadSafetensors, type Tensor } from '@saccade/tensor';
import type { GroupAttentionModule } from '../../src/files/module-config.js';
import { saveGroupAttention } from '../../src/files/module-file.js';

/** The bytes of a saved module. */
export async function saved(
  module: GroupAttentionModule,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  let kept: Uint8Array | undefined;
  const store = {
    async save(bytes: Uint8Array) {
      kept = new Uint8Array(bytes);
    },
  };
  await saveGroupAttention(store, module, { metadata });
  return kept as Uint8Array;
}

/** A configuration as JSON has it. */
export type Json = Record<string, unknown>;

/** The bytes with another configuration, other tensors or other texts. */
export async function changed(
  bytes: Uint8Array,
  change: (config: Json, tensors: Map<string, Tensor>, metadata: Record<string, string>) => unknown,
): Promise<Uint8Array> {
  const { tensors, metadata } = await loadSafetensors(bytes);
  const all = [...tensors.values()];
  const config = JSON.parse(metadata.config as string) as Json;
  const texts = { ...metadata };
  const made = new Map(tensors);
  change(config, made, texts);
  const own = texts.config === metadata.config ? { config: JSON.stringify(config) } : {};
  const result = await encodeSafetensors(made, { metadata: { ...texts, ...own } });
  for (const t of all) t.dispose();
  return result;
}
