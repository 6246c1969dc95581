/** Runs uvu test files in a page and tells the server how they went. */
type Suite = () => Promise<[unknown, number, number, number]>;

interface Uvu {
  UVU_DEFER: number;
  UVU_QUEUE: [string, ...Suite[]][];
  UVU_INDEX: number;
}

const post = (path: string, body: string): Promise<unknown> => fetch(path, { method: 'POST', body });

/** Lines for the one who started the tests, in their order. */
let sent: Promise<unknown> = Promise.resolve();
function tell(line: string): void {
  sent = sent.then(() => post('/line', line));
}

/** Tells that the page is alive with each test that ends: uvu writes a dot for it. */
function watchProgress(): void {
  const { log } = console;
  console.log = (...words) => {
    void post('/alive', '');
    log(...words);
  };
}

/** What the garbage collector freed since the last file; it waits, for a test that counts what is alive would be spoilt. */
const collected: (() => void)[] = [];

/** Makes registries that keep what they are to free until a file is done. */
function deferFrees(): void {
  const { FinalizationRegistry: Registry } = globalThis;
  globalThis.FinalizationRegistry = class<T> extends Registry<T> {
    constructor(free: (held: T) => void) {
      super((held) => void collected.push(() => free(held)));
    }
  } as typeof Registry;
}

/** Loads and runs the files one after another, then posts the counts to `/result`. */
export async function runFiles(files: readonly [string, () => Promise<unknown>][]): Promise<void> {
  const host = globalThis as unknown as Uvu;
  host.UVU_DEFER = 1;
  host.UVU_QUEUE = [];
  watchProgress();
  deferFrees();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, load] of files) {
    const group: [string, ...Suite[]] = [name];
    host.UVU_INDEX = host.UVU_QUEUE.push(group) - 1;
    const start = performance.now();
    let ran = 0;
    try {
      await load();
      for (const suite of group.slice(1) as Suite[]) {
        const [errors, passed, skipped, total] = await suite();
        if (errors !== true) tell(`${name}\n${errors}`);
        counts.passed += passed;
        counts.failed += total - passed;
        counts.skipped += skipped;
        ran += total + skipped;
        for (const free of collected.splice(0)) free();
      }
      if (ran === 0) throw new Error('ran no test: does it end with test.run()?');
    } catch (error) {
      counts.failed += 1;
      tell(`  FAIL  "${name}"\n${error instanceof Error ? `${error.message}\n${error.stack}` : error}`);
    }
    tell(`${name}: ${ran} tests, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  await sent;
  await post('/result', JSON.stringify(counts));
}
