/** Layers that keep a window of an image: for which elements the window lies as before. */
import type { Form, ProofStep } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import type { PlaneMatrix } from '../groups/plane-matrix.js';
import { keepsPixels } from './pixel-grid.js';
import { notSquare } from './prove-attention.js';
import { type Doubt, offLattice, stepOf } from './verdicts.js';

/** How many rows and columns go at each side. */
export interface Margins {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * Elements turn about the centre of the image, and about that of the window behind it: the step is right where the vector between both stays in its place.
 * @param reason why it is not where it does not
 */
export function proveWindow(
  layer: string,
  group: Group,
  form: Form,
  { top, bottom, left, right }: Margins,
  reason: string,
): ProofStep {
  const [y, x] = [top - bottom, left - right];
  const sides = { height: form.height as number, width: form.width as number };
  const doubt = (element: number): Doubt | undefined => {
    const matrix = group.matrices[element] as PlaneMatrix;
    const [[a, b], [c, d]] = matrix;
    if (a * y + b * x !== y || c * y + d * x !== x) return { reason };
    const off = offLattice(group, element);
    if (off !== undefined) return off;
    return keepsPixels(matrix, sides) ? undefined : { reason: notSquare(sides) };
  };
  return stepOf(layer, group, doubt);
}
