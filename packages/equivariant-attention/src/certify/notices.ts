/** What a reader of a certificate has to know besides the verdict. */
import type { Verdict } from './certificate.js';
import { type Findings, shown } from './verdict.js';

/** In sentences; none where all is said. */
export function noticesOf({ group, elements, proof, tolerance }: Findings, verdict: Verdict): string[] {
  const notices: string[] = [];
  const bad = elements.filter(({ nonFinite }) => nonFinite > 0);
  if (bad.length > 0) {
    const count = bad.reduce((sum, { nonFinite }) => sum + nonFinite, 0);
    const of = bad.map(({ element }) => element).join(', ');
    notices.push(`${count} values of outputs are NaN or infinite (elements ${of}): errors are of the others`);
  }
  const same = elements.find(({ element }) => element === group.identity)?.error;
  if (same !== undefined && same > tolerance) {
    notices.push(`the model is not the same function each time: the same input twice differs by ${shown(same)}`);
  }
  if (verdict.kind === 'broken' && proof !== undefined) {
    const lost = elements.filter(({ element }) => proof.faults.some((fault) => fault.elements.includes(element)));
    if (lost.every(({ error }) => error !== undefined && error <= tolerance)) {
      notices.push(
        'no error beyond rounding was measured where the proof finds one: the weights hide it, or the proof is too careful',
      );
    }
  }
  if (elements.some(({ onLattice, error }) => !onLattice && error !== undefined)) {
    notices.push('errors of elements that do not map pixels to pixels are also those of interpolation');
  }
  return notices;
}
