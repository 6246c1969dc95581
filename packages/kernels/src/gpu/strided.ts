/** Texts of index expressions: where an element of a walk over a shape lies in an operand of its own strides. */
import { collapse } from '../strides.js';

/** Text of a whole number, the sizes that occur in it, and what stands for the form of the text in a kernel's name. */
export interface StridedText {
  readonly text: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly form: string;
}

/**
 * The element of an operand that belongs to element number `place` of the walk.
 * @param name starts the names of the sizes; no other size of the kernel may start with it
 * @param place text of a whole number
 */
export function stridedText(
  name: string,
  place: string,
  shape: readonly number[],
  strides: readonly number[],
): StridedText {
  const merged = collapse(shape, [strides]);
  return walkText(name, place, merged.shape, merged.strides[0] as number[]);
}

/** The same for axes that are as few as can be. */
export function walkText(
  name: string,
  place: string,
  shape: readonly number[],
  strides: readonly number[],
): StridedText {
  const sizes: Record<string, number> = {};
  const terms: string[] = [];
  let form = '';
  let tail = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const stride = strides[axis] as number;
    const [tailName, sizeName, strideName] = [`${name}Tail${axis}`, `${name}Size${axis}`, `${name}Stride${axis}`];
    const isLast = axis === shape.length - 1;
    form = (stride === 0 ? '0' : 's') + form;
    if (stride !== 0) {
      let coordinate = isLast ? place : `quotient(${place}, ${tailName})`;
      if (!isLast) sizes[tailName] = tail;
      if (axis > 0) {
        coordinate = `remainder(${coordinate}, ${sizeName})`;
        sizes[sizeName] = shape[axis] as number;
      }
      sizes[strideName] = stride;
      terms.push(`${coordinate} * ${strideName}`);
    }
    tail *= shape[axis] as number;
  }
  return { text: terms.length > 0 ? `(${terms.join(' + ')})` : '0', sizes, form };
}
