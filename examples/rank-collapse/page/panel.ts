/** Parts of the page that work for a while: a button that starts and stops it, a bar, and what is said. One works at a time. */

/** Tells people how work goes. */
export interface Teller {
  /** Heard by screen readers. */
  say(text: string): void;
  /** Shows how far work is. @param share of the work that is done */
  progress(share: number, text: string): void;
}

/** What a panel does when it is started. */
export type Work = (teller: Teller, signal: AbortSignal) => Promise<void>;

interface Run {
  readonly section: HTMLElement;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

let running: Run | undefined;

/** The element with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Lets the form of a section start and stop work. Starting it stops what another section does. */
export function panel(id: string, work: Work): void {
  const section = byId(id);
  const form = part<HTMLFormElement>(section, 'form');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const before = running;
    before?.controller.abort();
    if (before?.section === section) return;
    const controller = new AbortController();
    // Tensors of two runs must not be made at once, so the one before ends first.
    const ended = (before?.ended ?? Promise.resolve()).then(() => worked(section, work, controller.signal));
    running = { section, controller, ended };
  });
  part<HTMLButtonElement>(section, '.toggle').disabled = false;
}

function part<T extends HTMLElement>(section: HTMLElement, selector: string): T {
  return section.querySelector(selector) as T;
}

/** Works, and shows that it does. What it throws is told, unless it was stopped. */
async function worked(section: HTMLElement, work: Work, signal: AbortSignal): Promise<void> {
  const [button, bar] = [part(section, '.toggle'), part(section, '.running')];
  const [said, error] = [part(section, '.said'), part(section, '.error')];
  const name = button.textContent;
  const teller: Teller = {
    say: (text) => {
      said.textContent = text;
    },
    progress: (share, text) => {
      part<HTMLProgressElement>(section, 'progress').value = share;
      part(section, '.step').textContent = text;
    },
  };
  button.textContent = 'Stop';
  bar.hidden = false;
  error.hidden = true;
  try {
    teller.progress(0, '');
    signal.throwIfAborted();
    await work(teller, signal);
  } catch (thrown) {
    teller.say(signal.aborted ? 'Stopped.' : '');
    error.hidden = signal.aborted;
    error.textContent = signal.aborted ? '' : (thrown as Error).message;
  } finally {
    button.textContent = name;
    bar.hidden = true;
    if (running?.section === section) running = undefined;
  }
}
