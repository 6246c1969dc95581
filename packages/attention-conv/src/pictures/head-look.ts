/** How lines of heads differ: by colour, and where there are more heads than colours by dashes too. */
import { light } from '@saccade/pictures';

const dashes = [undefined, [5, 3], [2, 2]] as const;

/** Colour and dash of a head. */
export function headLook(head: number): { readonly color: number; readonly dash: readonly number[] | undefined } {
  const count = light.series.length;
  return { color: head % count, dash: dashes[Math.floor(head / count) % dashes.length] };
}
