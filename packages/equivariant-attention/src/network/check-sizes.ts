/** The look at sizes, pools and crops when a network is built: by which equivariance would be lost in silence. */

import type { AnyModule } from '@saccade/nn';
import { OptionError } from '@saccade/tensor';
import type { Form, ProofStep, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { SelfAttention } from '../layers/self-attention.js';
import type { GroupAttentionNetConfig } from './net-config.js';

/** What is looked at. */
export interface CheckedNet extends Provable {
  readonly group: Group;
  readonly config: GroupAttentionNetConfig;
  modules(): Map<string, AnyModule>;
  eval(): unknown;
  train(): unknown;
}

/**
 * Warns where a layer is not equivariant for an element of the group because of sizes; with `strict` it throws. Released encodings are not, whatever the sizes, and nobody
 * chooses them without knowing. @throws {OptionError}
 */
export function checkSizes(op: string, net: CheckedNet): void {
  const lost = stepLost(net);
  if (lost === undefined) return;
  const message = `${op}: equivariance lost at layer ${lost.layer}: ${lost.reason}`;
  if (net.config.strict) throw new OptionError(message);
  console.warn(`saccade: ${message}`);
}

function stepLost(net: CheckedNet): ProofStep | undefined {
  const { group, config } = net;
  const [height, width] = config.size;
  const form: Form = { group: undefined, height, width };
  // Dropout is for training, and told by the certificate.
  net.eval();
  const { steps } = net.prove(form, group, '');
  net.train();
  const modules = net.modules();
  const isReleased = config.encoding !== 'exact';
  return steps.find(({ layer, exact, approximate = [] }) => {
    if (isReleased && modules.get(layer) instanceof SelfAttention) return false;
    return exact.length + approximate.length < group.order;
  });
}
