/** The page: its buttons, and the run that they start. A command can start it by its address (`src/command/headless.ts`). */
import { markdown } from '../bench/markdown.js';
import type { Report } from '../bench/report.js';
import { run } from '../bench/run.js';
import type { Choice } from '../cases/all.js';
import { element, showProgress, showReport } from './view.js';

/** What a command that drives the page puts there to hear of it. */
interface Driver {
  onProgress?(text: string): void;
  onEnd?(end: { report: Report } | { failure: string }): void;
}

const driver = globalThis as Driver;
const [start, stop, copy] = ['start', 'stop', 'copy'].map((id) => element(id) as HTMLButtonElement);
const [large, quick] = ['large', 'quick'].map((id) => element(id) as HTMLInputElement);

let latest: Report | undefined;
let controller = new AbortController();

function update(report: Report): void {
  latest = report;
  showReport(report);
  copy!.disabled = false;
}

async function begin(choice: Choice): Promise<void> {
  controller = new AbortController();
  start!.disabled = true;
  stop!.disabled = false;
  const progress = (text: string, fraction: number): void => {
    showProgress(text, fraction);
    driver.onProgress?.(text);
  };
  try {
    const report = await run({ ...choice, signal: controller.signal, progress, update });
    update(report);
    driver.onEnd?.({ report });
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    showProgress(`failed: ${failure}`, 1);
    driver.onEnd?.({ failure });
  }
  start!.disabled = false;
  stop!.disabled = true;
}

element('controls').addEventListener('submit', (event) => {
  event.preventDefault();
  void begin({ large: large!.checked, quick: quick!.checked });
});

stop!.addEventListener('click', () => {
  controller.abort();
  showProgress('stopping after this call', 1);
});

copy!.addEventListener('click', async () => {
  if (latest === undefined) return;
  await navigator.clipboard.writeText(markdown(latest));
  copy!.textContent = 'Copied';
  setTimeout(() => {
    copy!.textContent = 'Copy as Markdown';
  }, 2000);
});

const asked = new URLSearchParams(location.search);
if (asked.has('start')) {
  const only = asked.get('only');
  large!.checked = asked.has('large');
  quick!.checked = asked.has('quick');
  void begin({
    large: large!.checked,
    quick: quick!.checked,
    only: only === null ? undefined : new RegExp(only, 'i'),
  });
}
