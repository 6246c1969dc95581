/** A meeting: every party gives one thing, and when the last has come, all get theirs. */

/** Comes to the meeting with something; resolves when all have come. */
export type Attend<Given, Got> = (party: number, given: Given) => Promise<Got>;

/**
 * Meetings, one after another, of parties 0 to `parties` - 1. `together` makes of what they gave, in the order of their
 * numbers, what each gets; if it fails, it fails for all.
 */
export function meetings<Given, Got>(
  parties: number,
  together: (given: readonly Given[]) => Promise<readonly Got[]>,
): Attend<Given, Got> {
  interface Seat {
    readonly given: Given;
    readonly resolve: (got: Got) => void;
    readonly reject: (error: unknown) => void;
  }
  let seats = new Map<number, Seat>();

  async function hold(full: ReadonlyMap<number, Seat>): Promise<void> {
    const inOrder = Array.from({ length: parties }, (_, party) => full.get(party) as Seat);
    try {
      const got = await together(inOrder.map(({ given }) => given));
      inOrder.forEach(({ resolve }, party) => {
        resolve(got[party] as Got);
      });
    } catch (error) {
      for (const { reject } of inOrder) reject(error);
    }
  }

  return (party, given) =>
    new Promise((resolve, reject) => {
      seats.set(party, { given, resolve, reject });
      if (seats.size < parties) return;
      const full = seats;
      seats = new Map();
      void hold(full);
    });
}
