/** The proof that attention over a group is equivariant: integers of its plan, nothing else. */
import { ShapeError } from '@saccade/tensor';
import type { Form, Proof } from '../certify/proof.js';
import type { EncodedPlan, Encoding } from '../encoding/encoded-plan.js';
import type { Group } from '../groups/group.js';
import { isSignedPermutation, type PlaneMatrix } from '../groups/plane-matrix.js';
import { elementsIn } from './elements-in.js';
import { keepsPixels } from './pixel-grid.js';
import { whyMapsDiffer, whyPlanDiffers } from './plan-invariance.js';
import { type Doubt, offLattice, oneStep, stepOf } from './verdicts.js';

/** What the proof looks at. */
export interface AttentionFacts {
  readonly op: string;
  readonly group: Group;
  readonly encoding: Encoding;
  readonly dropout: number;
  readonly orbitSharedDropout: boolean;
  readonly training: boolean;
  /** Whether it takes images rather than features over the group. */
  readonly lifts: boolean;
  planFor(height: number, width: number): EncodedPlan;
}

/** For each element whether pixels, neighbourhood, positions, group indices and masks are the same before and after it. @throws {ShapeError} for a form that the layer does not take */
export function proveAttention(layer: AttentionFacts, form: Form, group: Group, name: string): Proof {
  const sides = requireForm(layer, form);
  const encoded = layer.planFor(sides.height, sides.width);
  const own = elementsIn(group, layer.group);
  const doubt = (element: number): Doubt | undefined => {
    const h = own[element];
    if (h === undefined) return { reason: `${layer.group.name} has not all elements of ${group.name}` };
    if (h === layer.group.identity) return undefined;
    const matrix = layer.group.matrices[h] as PlaneMatrix;
    const onLattice = isSignedPermutation(matrix);
    const sharesMasks = !layer.training || layer.dropout === 0 || (layer.orbitSharedDropout && onLattice);
    if (!sharesMasks) return { reason: dropoutReason(layer.dropout) };
    if (onLattice && !keepsPixels(matrix, sides)) return { reason: notSquare(sides) };
    const reason = (onLattice ? whyPlanDiffers : whyMapsDiffer)(encoded, layer.encoding, layer.group, h);
    return reason === undefined ? offLattice(group, element) : { reason };
  };
  return oneStep(stepOf(name, group, doubt), { ...sides, group: layer.group });
}

/** Why quarter turns are not exact. */
export function notSquare({ height, width }: { readonly height: number; readonly width: number }): string {
  return `sides of ${height} and ${width} are not those of a square`;
}

const dropoutReason = (rate: number): string =>
  `attention dropout of ${rate} in training, with masks that are not shared over orbits`;

function requireForm({ op, group, lifts }: AttentionFacts, form: Form): { height: number; width: number } {
  const { height, width } = form;
  if (height === undefined || width === undefined)
    throw new ShapeError(`${op}: expected pixels, which were pooled before`);
  const fits = lifts ? form.group === undefined : form.group?.equals(group);
  if (fits) return { height, width };
  const called = (one: Group | undefined): string => (one === undefined ? 'images' : `features over ${one.name}`);
  throw new ShapeError(`${op}: expected ${called(lifts ? undefined : group)}, got ${called(form.group)}`);
}
