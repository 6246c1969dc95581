/** Networks in files: what comes back, and what damaged ones come to. */
import { StateDictError } from '@saccade/nn';
import {
  encodeSafetensors,
  FormatError,
  init,
  loadSafetensors,
  memory,
  OptionError,
  openSafetensors,
  Rng,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadSelfAttentionNetwork, saveSelfAttentionNetwork } from '../../src/network/network-file.js';
import type { NetworkForm, NetworkSizes } from '../../src/network/network-options.js';
import { SelfAttentionNetwork } from '../../src/network/self-attention-network.js';

onTestDevice(test, init);

const rng = new Rng(4);

function make(form: object, sizes: Partial<NetworkSizes> = {}): SelfAttentionNetwork {
  return new SelfAttentionNetwork({ ...(form as NetworkForm), labels: 3, width: 6, depth: 2, heads: 3, ...sizes, rng });
}

/** The bytes of a network's file. */
async function saved(network: SelfAttentionNetwork, metadata?: Record<string, string>): Promise<Uint8Array> {
  let kept = new Uint8Array();
  const store = {
    async save(bytes: Uint8Array): Promise<void> {
      kept = new Uint8Array(bytes);
    },
  };
  await saveSelfAttentionNetwork(store, network, { metadata });
  return kept;
}

/** The bytes with another configuration or other tensors. */
async function changed(
  bytes: Uint8Array,
  change: (config: Record<string, unknown>, tensors: Map<string, Tensor>) => void,
): Promise<Uint8Array> {
  return scope(async () => {
    const { tensors, metadata } = await loadSafetensors(bytes);
    const config = JSON.parse(metadata.config as string) as Record<string, unknown>;
    const own = new Map(tensors);
    change(config, own);
    return encodeSafetensors(own, { metadata: { ...metadata, config: JSON.stringify(config) } });
  });
}

const kinds: readonly (readonly [string, () => SelfAttentionNetwork])[] = [
  ['of ids', () => make({ vocabulary: 9 }, { mlp: true, dropout: 0.3 })],
  ['of few positions, with padding', () => make({ vocabulary: 9, positions: 4, padding: 2 }, { epsilon: 1e-5 })],
  ['of points without skips', () => make({ coordinates: 3, ffn2: true }, { skip: false })],
];

for (const [label, build] of kinds) {
  test(`a file alone rebuilds a network ${label}, to the last bit`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const network = build();
      const bytes = await saved(network, { by: 'us' });
      const twin = await loadSelfAttentionNetwork(bytes);
      assert.equal((await openSafetensors(bytes)).metadata.by, 'us');
      assert.equal(twin.config, network.config);
      for (const [name, { tensor }] of network.entries()) {
        assert.equal(await twin.entries().get(name)!.tensor.data(), await tensor.data(), name);
      }
      assert.equal(await saved(twin, { by: 'us' }), bytes);
      network.dispose();
      twin.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

test('other modules and options are refused', async () => {
  const network = make({ vocabulary: 9 });
  await assertRejects(
    () => saveSelfAttentionNetwork('x', {} as never),
    OptionError,
    /^saveSelfAttentionNetwork: expected a SelfAttentionNetwork, got an object$/,
  );
  await assertRejects(
    () => saveSelfAttentionNetwork('x', network, { name: 1 } as never),
    OptionError,
    /no option 'name'/,
  );
  const bytes = await saved(network);
  await assertRejects(
    () => loadSelfAttentionNetwork(bytes, { rng: 1 } as never),
    OptionError,
    /source of random numbers/,
  );
  network.dispose();
});

test('damaged files are FormatErrors, and nothing larger than the file is made for one', async () => {
  const network = make({ vocabulary: 9 });
  const bytes = await saved(network);
  network.dispose();
  const before = memory().tensors;
  const refused = async (change: (config: Record<string, unknown>) => void, message: RegExp): Promise<void> => {
    const bad = await changed(bytes, change);
    await assertRejects(() => loadSelfAttentionNetwork(bad), FormatError, message);
  };
  const larger = /asks for more than the \d+ values that there are/;
  await refused((config) => (config.width = 60_000_000), larger);
  await refused((config) => (config.depth = 1e9), larger);
  await refused((config) => (config.vocabulary = 1e12), larger);
  await refused((config) => (config.width = 'wide'), larger);
  await refused((config) => (config.heads = 4), /configuration is damaged: .*heads must divide 6 channels/);
  await refused((config) => (config.coordinates = 2), /either a vocabulary of ids or coordinates of points, got both/);
  const less = await changed(bytes, (_, tensors) => void tensors.delete('classifier.bias'));
  await assertRejects(() => loadSelfAttentionNetwork(less), StateDictError, /^loadSelfAttentionNetwork: /);
  assert.is(memory().tensors, before);
});

test.run();
