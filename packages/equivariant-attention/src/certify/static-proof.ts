/** The static part of a certificate: from the layers' own proofs, for which elements a whole model is exact, and where it stops to be. */
import { OptionError, quote } from '@saccade/tensor';
import type { Group } from '../groups/group.js';
import { proofOf } from './chain.js';
import type { Form, ProofStep } from './proof.js';

/** What is proved of a model, in whole numbers, for inputs of one form. */
export interface StaticProof {
  readonly input: Form;
  readonly output: Form;
  readonly steps: readonly ProofStep[];
  /** The elements for which all steps are exact. */
  readonly exact: readonly number[];
  /** Whether they are a subgroup, as they are for square images. */
  readonly isSubgroup: boolean;
  /** The steps that are wrong for some elements, not only as far from exact as pixels make them, and these elements; in order. */
  readonly faults: readonly { readonly step: ProofStep; readonly elements: readonly number[] }[];
}

const inputReason = 'these elements do not map pixels to pixels';

/**
 * Asks a model's layers for their proofs, in the mode in which they are: in training, dropout counts. Elements that do not map pixels to pixels are never exact for inputs with pixels: what they do is itself an interpolation.
 * @param form of the input: `{ group: undefined, height, width }` of images
 * @throws {UnprovedError} for a layer that proves nothing @throws {OptionError} for a proof that is none
 */
export function staticProof(model: unknown, group: Group, form: Form): StaticProof {
  const { steps: told, output } = proofOf(model, form, group, '');
  const own = told.map((step) => (step.layer === '' ? { ...step, layer: 'model' } : step));
  const pixels = form.height !== undefined;
  const reason = pixels && group.latticeElements.length < group.order ? inputReason : '';
  const input: ProofStep = { layer: 'input', exact: pixels ? group.latticeElements : allElements(group), reason };
  const steps = [input, ...own];
  for (const step of own) requireStep(step, group);
  const exact = allElements(group).filter((h) => steps.every((step) => step.exact.includes(h)));
  const lostAt = (step: ProofStep): number[] => {
    const near = step.approximate ?? allElements(group).filter((h) => !group.latticeElements.includes(h));
    return allElements(group).filter((h) => !step.exact.includes(h) && !near.includes(h));
  };
  const faults = steps.map((step) => ({ step, elements: lostAt(step) })).filter(({ elements }) => elements.length > 0);
  return { input: form, output, steps, exact, isSubgroup: group.isSubgroup(exact), faults };
}

/** Numbers of all elements. */
function allElements(group: Group): number[] {
  return group.matrices.map((_, element) => element);
}

function requireStep({ layer, exact, reason, approximate = [] }: ProofStep, group: Group): void {
  const isElement = (h: number): boolean => Number.isSafeInteger(h) && h >= 0 && h < group.order;
  if (exact.every(isElement) && approximate.every(isElement) && exact.includes(group.identity)) return;
  throw new OptionError(
    `certify: the proof of layer ${layer} must be about elements of ${group.name}, the identity among them, got ${quote(exact)} (${quote(reason)})`,
  );
}

/** Why a model is not equivariant, in one sentence; undefined where no step is wrong. For warnings where models are built. */
export function equivarianceLost({ faults }: StaticProof): string | undefined {
  const [first] = faults;
  if (first === undefined) return undefined;
  const { step, elements } = first;
  return `equivariance lost at layer ${step.layer}: ${step.reason} (elements ${elements.join(', ')})`;
}
