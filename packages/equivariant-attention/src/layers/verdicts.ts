/** From a verdict on each element to a step of a proof. */
import type { Form, Proof, ProofStep } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { isSignedPermutation, type PlaneMatrix } from '../groups/plane-matrix.js';

/** Why a step is not exact for an element. */
export interface Doubt {
  readonly reason: string;
  /** Whether nothing is in the way but that pixels are not mapped to pixels. */
  readonly isNear?: boolean | undefined;
}

/** A step that is exact for the elements of which `doubt` says nothing. Reasons are told once each, those of elements for which it is wrong first. */
export function stepOf(layer: string, group: Group, doubt: (element: number) => Doubt | undefined): ProofStep {
  const exact: number[] = [];
  const approximate: number[] = [];
  const [wrong, near] = [new Set<string>(), new Set<string>()];
  for (let element = 0; element < group.order; element++) {
    const found = doubt(element);
    if (found === undefined) exact.push(element);
    else {
      (found.isNear ? near : wrong).add(found.reason);
      if (found.isNear) approximate.push(element);
    }
  }
  return { layer, exact, reason: [...wrong, ...near].join('; '), approximate };
}

/** The doubt about an element that does not map pixels to pixels, where there is no other. */
export function offLattice(group: Group, element: number): Doubt | undefined {
  if (isSignedPermutation(group.matrices[element] as PlaneMatrix)) return undefined;
  return { reason: `not all elements of ${group.name} map pixels to pixels`, isNear: true };
}

/** A layer that works on each pixel and element alike, or on whole orbits: exact for all. */
export function exactStep(layer: string, group: Group): ProofStep {
  return stepOf(layer, group, () => undefined);
}

/** A layer of one step. */
export function oneStep(step: ProofStep, output: Form): Proof {
  return { steps: [step], output };
}
