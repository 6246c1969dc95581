/** Extents that are numbers, or products of a number and extents that only a run will tell. */

/** A number times symbols. Values that shapes are computed from are kept in the same form, fractions and negative ones too. */
export interface Size {
  readonly factor: number;
  /** In order. */
  readonly symbols: readonly string[];
}

export function sizeOf(factor: number): Size {
  return { factor, symbols: [] };
}

/** The extent of an axis that nothing is known about. */
export function unknownSize(value: string, axis: number): Size {
  return { factor: 1, symbols: [`${axis} ${value}`] };
}

/** The number, if it is one. */
export function numberOf(size: Size | undefined): number | undefined {
  return size?.symbols.length === 0 ? size.factor : undefined;
}

/** Symbols of a product at most: a hostile file could square one again and again. */
const MOST_SYMBOLS = 16;

/** The product of extents; undefined if one is, or if it is made of too many. */
export function productOf(sizes: readonly (Size | undefined)[]): Size | undefined {
  return sizes.reduce<Size | undefined>(
    (all, size) => {
      if (all === undefined || size === undefined) return undefined;
      const symbols = [...all.symbols, ...size.symbols].sort();
      return symbols.length > MOST_SYMBOLS ? undefined : { factor: all.factor * size.factor, symbols };
    },
    { factor: 1, symbols: [] },
  );
}

export function isSameSize(a: Size, b: Size): boolean {
  return (
    a.factor === b.factor && a.symbols.length === b.symbols.length && a.symbols.every((s, i) => s === b.symbols[i])
  );
}

/** size / divisor, where that is a whole multiple of its symbols; undefined elsewhere. */
export function dividedSize(size: Size, divisor: number): Size | undefined {
  const factor = size.factor / divisor;
  return Number.isInteger(factor) ? { factor, symbols: size.symbols } : undefined;
}
