/** From what is proved and what was measured to a verdict. */
import type { Group } from '../groups/group.js';
import type { ElementReport, LayerReport, Verdict } from './certificate.js';
import type { StaticProof } from './static-proof.js';

/** What is known. */
export interface Findings {
  readonly group: Group;
  readonly elements: readonly ElementReport[];
  readonly layers: readonly LayerReport[];
  readonly proof: StaticProof | undefined;
  readonly tolerance: number;
}

/** The verdict. A measured error where there can be none is a contradiction, whatever else holds. */
export function verdictOf({ elements, layers, proof, tolerance }: Findings): Verdict {
  if (proof === undefined) return { kind: 'measured', error: largest(elements) ?? Number.NaN };
  const refuted = refutation(elements, layers, tolerance);
  if (refuted !== undefined) return refuted;
  const exact = elements.filter(({ proved }) => proved).map(({ element }) => element);
  const others = largest(elements.filter(({ proved }) => !proved));
  const fault = proof.faults.find((one) => elements.some(({ element }) => one.elements.includes(element)));
  if (fault !== undefined) {
    const { layer, reason } = fault.step;
    return { kind: 'broken', layer, reason, elements: exact, error: others };
  }
  if (exact.length === elements.length) return { kind: 'exact', error: largest(elements) };
  return { kind: 'subgroup', elements: exact, error: others };
}

/** The first layer, or else the output, with an error for an element for which the whole model, and so each part of it, is proved exact. */
function refutation(
  elements: readonly ElementReport[],
  layers: readonly LayerReport[],
  tolerance: number,
): Verdict | undefined {
  const outputs = { layer: 'output', errors: elements.map(({ error }) => error) };
  for (const { layer, errors } of [...layers, outputs]) {
    const at = elements.findIndex(({ proved }, i) => proved && (errors[i] ?? 0) > tolerance);
    if (at < 0) continue;
    return {
      kind: 'contradiction',
      element: (elements[at] as ElementReport).element,
      layer,
      error: errors[at] as number,
    };
  }
  return undefined;
}

/** The largest error; NaN where one is, undefined for none. */
function largest(elements: readonly ElementReport[]): number | undefined {
  const errors = elements.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return errors.length === 0 ? undefined : Math.max(...errors);
}

/** An error in few digits. */
export function shown(error: number | undefined): string {
  if (error === undefined) return 'not measured';
  if (Number.isNaN(error)) return 'none, as outputs are not finite';
  return Number.isFinite(error) ? `${Number(error.toPrecision(2))}` : 'infinite';
}

/** In one sentence, which does not hide what is not finite. */
export function summaryOf(verdict: Verdict, findings: Findings): string {
  const bad = findings.elements.reduce((sum, { nonFinite }) => sum + nonFinite, 0);
  return `${sentenceOf(verdict, findings)}${bad > 0 ? `; ${bad} values of outputs are NaN or infinite` : ''}`;
}

function sentenceOf(verdict: Verdict, { group, elements, tolerance }: Findings): string {
  const set = (all: readonly number[]): string => `${group.isSubgroup(all) ? 'subgroup ' : ''}{${all.join(', ')}}`;
  switch (verdict.kind) {
    case 'exact':
      return 'exact (proved)';
    case 'subgroup':
      return `exact on ${set(verdict.elements)} (proved), approximate elsewhere: error ${shown(verdict.error)}`;
    case 'broken': {
      const kept = verdict.elements.length > 1 ? `; exact on ${set(verdict.elements)} (proved)` : '';
      const error = verdict.error === undefined ? '' : `; error ${shown(verdict.error)}`;
      return `broken at layer ${verdict.layer}, because ${verdict.reason}${kept}${error}`;
    }
    case 'measured': {
      const failed = elements.find(({ failure }) => failure !== undefined);
      const why = failed === undefined ? '' : ` (element ${failed.element}: ${failed.failure})`;
      const moving = elements.filter(({ onLattice }) => onLattice);
      const some = moving.length > 0 && moving.length < elements.length;
      const where = some ? ` (${shown(largest(moving))} for elements that map pixels to pixels)` : '';
      return `measured: error ${shown(verdict.error)}${verdict.error <= tolerance ? ', rounding' : why || where}`;
    }
    default: {
      const { element, layer, error } = verdict;
      const failed = elements.find((one) => one.element === element)?.failure;
      return `CONTRADICTION: proved exact for element ${element}, but the error measured at layer ${layer} is ${shown(error)}${failed ? ` (${failed})` : ''}: the proof or the arithmetic of a layer is wrong`;
    }
  }
}
