/** How far passes over a model are, as lines for people who wait. */

/** Where a pass is. */
type Layers = (done: { readonly layer: number; readonly layers: number }) => void;

/** Milliseconds between two lines. */
const PAUSE = 1000;

/** Tells where the first pass begins, and then now and then where the current one is, each by what is done in it. */
export function progressTeller(screen: NodeJS.WritableStream = process.stderr): (what: string) => Layers {
  let next = Number.NEGATIVE_INFINITY;
  return (what) =>
    ({ layer, layers }) => {
      if (performance.now() < next) return;
      screen.write(`${what}: layer ${layer + 1} of ${layers}\n`);
      next = performance.now() + PAUSE;
    };
}
