/** Numbers without repetitions, so that an encoding is computed once for each. */

/** The different numbers, and where each of the given stands among them. */
export interface Distinct {
  readonly values: Float32Array;
  readonly index: Int32Array;
}

/** Merges numbers that are exactly equal, 0 and -0 among them. */
export function distinct(numbers: Float32Array): Distinct {
  const places = new Map<number, number>();
  const index = Int32Array.from(numbers, (number) => {
    const place = places.get(number) ?? places.size;
    places.set(number, place);
    return place;
  });
  // A map takes 0 and -0 for the same.
  return { values: Float32Array.from(places.keys(), (value) => value + 0), index };
}
