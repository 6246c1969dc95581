/** A figure: one number that is no race, such as a start-up time or the growth of memory, with its bar. */

export interface Figure {
  readonly group: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bar: { readonly atMost: number } | undefined;
  readonly held: boolean | undefined;
  /** What lies behind the number. */
  readonly detail: string;
}

/** A figure that must not pass `atMost`; without it, one that is only told. */
export function figure(
  group: string,
  name: string,
  value: number,
  unit: string,
  detail: string,
  atMost?: number,
): Figure {
  return {
    group,
    name,
    value,
    unit,
    detail,
    bar: atMost === undefined ? undefined : { atMost },
    held: atMost === undefined ? undefined : value <= atMost,
  };
}
