/** The page: drop an image, see where a selector looks. */
import { init } from '@saccade/tensor';
import needle from '../data/needle-digits.safetensors';
import { exampleImage } from './example-images.js';
import { type LookScale, lookAt, type Seen } from './look-at.js';
import { loadModel, type Model } from './model.js';
import { byId, show, showScores } from './show.js';

/** An image to look at. */
interface Input {
  readonly name: string;
  readonly blob: Blob;
  /** What it shows, where that is known. */
  readonly label?: number;
}

let model: Model;
let input: Input | undefined;
let seen: Seen | undefined;
let running: AbortController | undefined;
let examples = 0;

function say(text: string): void {
  byId('status').textContent = text;
}

function fail(text: string): void {
  say('');
  byId('error').textContent = text;
  byId('error').hidden = false;
}

/** Does something for which people wait, instead of what was being done. What it throws is told, unless it was stopped. */
async function work(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
  running?.abort();
  const own = new AbortController();
  running = own;
  byId('error').hidden = true;
  byId('running').hidden = false;
  byId<HTMLProgressElement>('progress').removeAttribute('value');
  byId('state').scrollIntoView({ block: 'nearest' });
  try {
    await task(own.signal);
  } catch (error) {
    if (running !== own) return;
    if (own.signal.aborted) say('Stopped.');
    else fail((error as Error).message);
  } finally {
    if (running === own) {
      running = undefined;
      byId('running').hidden = true;
    }
  }
}

function chosenScale(): LookScale {
  return document.querySelector<HTMLInputElement>('[name=scale]:checked')!.value as LookScale;
}

function describeModel(): void {
  const { height, width, patches, patchSize, channels, classes } = model.selector.config;
  byId('model').textContent =
    `Selector: ${model.name}. It looks at ${patches} patches of ${patchSize} × ${patchSize} and knows ${classes} classes; ` +
    `trained with ${channels === 1 ? 'grey' : 'colour'} images of ${width} × ${height}.`;
  byId('full-label').textContent = `at full resolution: patches of ${patchSize} × ${patchSize} of its pixels`;
  byId('whole-label').textContent = `made small, like the images of the training (${width} × ${height})`;
}

async function look(signal: AbortSignal): Promise<void> {
  if (input === undefined) return;
  const { name, blob, label } = input;
  byId('result').hidden = true;
  say(`${name}: is being opened …`);
  const progress = byId<HTMLProgressElement>('progress');
  const onProgress = (what: string, share: number): void => {
    say(`${name}: ${what} …`);
    progress.value = share;
  };
  const scale = chosenScale();
  const found = await lookAt(blob, model, { scale, signal, onProgress }).catch((error: Error) => {
    signal.throwIfAborted();
    throw new Error(`${name} cannot be looked at: ${error.message}`, { cause: error });
  });
  signal.throwIfAborted();
  seen = found;
  show(found, model, blob.size);
  byId('result').hidden = false;
  byId('frame').scrollIntoView({ block: 'nearest' });
  const best = found.probabilities.indexOf(Math.max(...found.probabilities));
  say(`${name}: the selector says ${model.classes[best]}${label === undefined ? '.' : `; it shows ${label}.`}`);
}

/** Selectors first, so that both can be dropped together. */
async function take(files: readonly File[], signal: AbortSignal): Promise<void> {
  for (const file of files.filter(({ name }) => name.endsWith('.safetensors'))) {
    model = await loadModel(file.name, file);
    describeModel();
    say(`${model.name} is the selector now.`);
  }
  const image = files.find(({ name }) => !name.endsWith('.safetensors'));
  if (image !== undefined) input = { name: image.name, blob: image };
  signal.throwIfAborted();
  await look(signal);
}

async function takeExample(kind: string, signal: AbortSignal): Promise<void> {
  say('The image is being made …');
  const example = await exampleImage(kind, examples++);
  signal.throwIfAborted();
  document.querySelector<HTMLInputElement>(`[value=${example.scale}]`)!.checked = true;
  input = example;
  await look(signal);
}

function listen(): void {
  const chooser = byId<HTMLInputElement>('file');
  chooser.addEventListener('change', () => {
    const files = [...(chooser.files ?? [])];
    chooser.value = '';
    work((signal) => take(files, signal));
  });
  for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'] as const) {
    document.addEventListener(type, (event) => {
      event.preventDefault();
      document.body.classList.toggle('dragging', type === 'dragenter' || type === 'dragover');
      const files = [...(event.dataTransfer?.files ?? [])];
      if (type !== 'drop') return;
      if (files.length > 0) work((signal) => take(files, signal));
      else fail('That was no file: save the image first, then drop the file.');
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-example]')) {
    button.addEventListener('click', () => work((signal) => takeExample(button.dataset.example!, signal)));
  }
  for (const radio of document.querySelectorAll('[name=scale]')) {
    radio.addEventListener('change', () => work(look));
  }
  byId('controls').addEventListener('submit', (event) => event.preventDefault());
  byId('stop').addEventListener('click', () => running?.abort());
  byId<HTMLInputElement>('opacity').addEventListener('input', ({ target }) => {
    if (seen !== undefined) showScores(seen, (target as HTMLInputElement).valueAsNumber);
  });
}

await work(async () => {
  say('Starts …');
  await init({ device: 'wasm' });
  model = await loadModel('needle digits', needle);
  describeModel();
  listen();
  say('Ready.');
});
