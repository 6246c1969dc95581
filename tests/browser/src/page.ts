/** Runs uvu test files in a page and tells how they went. */
type Suite = () => Promise<[unknown, number, number, number]>;

interface Host {
  UVU_DEFER: number;
  UVU_QUEUE: [string, ...Suite[]][];
  UVU_INDEX: number;
  result?: { passed: number; failed: number; skipped: number };
}

/** Loads and runs the files one after another; `result` on the window tells the end. */
export async function runFiles(files: readonly [string, () => Promise<unknown>][]): Promise<void> {
  const host = globalThis as unknown as Host;
  host.UVU_DEFER = 1;
  host.UVU_QUEUE = [];
  let [passed, failed, skipped] = [0, 0, 0];
  for (const [name, load] of files) {
    const group: [string, ...Suite[]] = [name];
    host.UVU_INDEX = host.UVU_QUEUE.push(group) - 1;
    const start = performance.now();
    let ran = 0;
    try {
      await load();
      for (const suite of group.slice(1) as Suite[]) {
        const [errors, ok, skips, total] = await suite();
        if (errors !== true) console.log(`${name}\n${errors}`);
        passed += ok;
        failed += total - ok;
        skipped += skips;
        ran += total + skips;
      }
      if (ran === 0) throw new Error('ran no test: does it end with test.run()?');
    } catch (error) {
      failed += 1;
      console.log(`  FAIL  "${name}"\n${error instanceof Error ? error.stack : error}`);
    }
    console.log(`${name}: ${ran} tests, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  host.result = { passed, failed, skipped };
}
