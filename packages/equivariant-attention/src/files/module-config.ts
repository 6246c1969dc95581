/** Configurations of networks and layers as data: what is saved, and what is built from what nobody has checked. */
import { FormatError, type Rng } from '@saccade/tensor';
import { EncodingNetwork } from '../encoding/encoding-network.js';
import { Group } from '../groups/group.js';
import { type GroupName, groups } from '../groups/named-groups.js';
import { GroupSelfAttention } from '../layers/group-self-attention.js';
import { LiftingSelfAttention } from '../layers/lifting-self-attention.js';
import { GroupAttentionNet } from '../network/group-attention-net.js';

/** What files hold. */
export type GroupAttentionModule = GroupAttentionNet | LiftingSelfAttention | GroupSelfAttention;

/** A configuration that nobody has checked. */
export type Unchecked = Readonly<Record<string, unknown>>;

/** What a module can be built from again; undefined for another. */
export function moduleConfig(module: GroupAttentionModule): object | undefined {
  if (module instanceof GroupAttentionNet)
    return { kind: 'net', ...module.config, group: groupData(module.config.group) };
  if (module instanceof LiftingSelfAttention) return { kind: 'lifting', ...layerConfig(module) };
  if (!(module instanceof GroupSelfAttention)) return undefined;
  const groupEncoding = module.groupEncoding instanceof EncodingNetwork ? 'fourier' : 'table';
  const groupIndex = module.encoding === 'exact' ? module.groupIndex : undefined;
  return { kind: 'group', ...layerConfig(module), groupIndex, groupEncoding };
}

function layerConfig(layer: LiftingSelfAttention | GroupSelfAttention): object {
  const { inputs, outputs, heads, mid, encoding, encodingEps, dropout, orbitSharedDropout, strict } = layer;
  const group = groupData(layer.group);
  return {
    inputs,
    outputs,
    group,
    ...layer.sight.options,
    heads,
    mid,
    encoding,
    encodingEps,
    dropout,
    orbitSharedDropout,
    strict,
  };
}

/** A group by its name where the name says it all. */
function groupData(group: Group): unknown {
  const known = Object.hasOwn(groups, group.name) ? groups[group.name as GroupName] : undefined;
  return known?.equals(group) ? group.name : group.toJSON();
}

/** @throws {FormatError} for what is no module, or asks for more values than there are @throws {OptionError} for a configuration that cannot be */
export function buildModule(
  op: string,
  { kind, ...config }: Unchecked,
  values: number,
  rng: Rng,
): GroupAttentionModule {
  const group = typeof config.group === 'string' ? (config.group as GroupName) : new Group(Object(config.group));
  requireRoom(op, kind, { ...config, group }, values);
  const { inputs, outputs, ...options } = { ...config, group, rng } as never as { inputs: number; outputs: number };
  switch (kind) {
    case 'net':
      return new GroupAttentionNet(options as never);
    case 'lifting':
      return new LiftingSelfAttention(inputs, outputs, options as never);
    case 'group':
      return new GroupSelfAttention(inputs, outputs, options as never);
    default:
      throw new FormatError(`${op}: its configuration is that of no layer and no network`);
  }
}

/** Nothing is made that is larger than the file: of the maps of channels, at least so many values there must be. @throws {FormatError} */
function requireRoom(op: string, kind: unknown, config: Unchecked, values: number): void {
  const asked = kind === 'net' ? netSize(config) : layerSize(config);
  // What is no number, the module refuses.
  if (!(asked > values)) return;
  throw new FormatError(`${op}: its configuration asks for more than the ${values} values that there are`);
}

function layerSize({ inputs, outputs, heads, mid }: Unchecked): number {
  return (3 * Number(inputs) + Number(outputs)) * Number(heads) * Number(mid);
}

function netSize({ channels, classes, heads, imageChannels, blocks, expansion, restrict, group }: Unchecked): number {
  const own = (inputs: number, outputs: number): number =>
    layerSize({ inputs, outputs, heads, mid: Math.floor(outputs / 2) });
  let width = Number(channels);
  let size = own(Number(imageChannels), width);
  const list = Array.isArray(blocks) ? (blocks as readonly unknown[]) : [];
  if (list.length > 1000) return Number.POSITIVE_INFINITY;
  for (const [i, count] of list.entries()) {
    const wider = width * Number(Array.isArray(expansion) ? expansion[i] : expansion);
    if (Number(count) > 0) size += own(width, wider) + (Number(count) - 1) * own(wider, wider);
    if (Number(count) > 0) width = wider;
    const { afterBlock, elements } = Object(restrict) as { afterBlock?: unknown; elements?: readonly unknown[] };
    if (afterBlock === i) width *= orderOf(group) / Math.max(1, Number(elements?.length));
  }
  return size + width * Number(classes);
}

function orderOf(group: unknown): number {
  if (group instanceof Group) return group.order;
  return Object.hasOwn(groups, String(group)) ? groups[group as GroupName].order : 1;
}
