/** What travels with a job, and what becomes of anything else. */
import { FormatError, OptionError, packSafetensors } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jobMetadata, resumableNotes } from '../../src/cli/job-notes.js';
import { decodeSettings, encodeSettings, type JobSettings } from '../../src/cli/job-settings.js';

const settings: JobSettings = {
  task: { kind: 'libsvm', rows: 3, features: 2, classes: 1, positive: undefined, unitRows: true, lambda: 0.1 },
  compress: 'top-k:1%',
  feedback: undefined,
  group: { bucket: 10 },
  epochs: 1,
  batch: 32,
  rate: 0.1,
  seed: 0,
  ownHub: true,
  saves: false,
  resumes: false,
};

function changed(change: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ sparse_sgd_job: 1, ...settings, ...change }));
}

test('settings come back as they were', () => {
  const { task, compress, group, rate } = decodeSettings(encodeSettings(settings));
  assert.equal([task.kind, compress, group, rate], ['libsvm', 'top-k:1%', { bucket: 10 }, 0.1]);
  assert.equal(decodeSettings(changed({ task: { kind: 'digits' }, group: 'layer', feedback: 'dgc' })).feedback, 'dgc');
});

test('anything but settings is refused', () => {
  assertThrows(
    () => decodeSettings(new Uint8Array()),
    FormatError,
    /was not begun by sparse-sgd train: its settings are no JSON/,
  );
  assertThrows(() => decodeSettings(Uint8Array.of(0xff)), FormatError, /no JSON/);
  for (const text of ['null', '3', '[]', '{}', '{"sparse_sgd_job":2}']) {
    assertThrows(() => decodeSettings(new TextEncoder().encode(text)), FormatError, /was not begun by this version/);
  }
  const wrong: object[] = [
    { task: { kind: 'other' } },
    { task: { ...settings.task, rows: 0 } },
    { task: { ...settings.task, lambda: -1 } },
    { compress: 3 },
    { feedback: 'x' },
    { group: { bucket: 0 } },
    { epochs: 0 },
    { batch: 1.5 },
    { rate: 0 },
    { seed: -1 },
    { saves: 'yes' },
  ];
  for (const change of wrong) assertThrows(() => decodeSettings(changed(change)), FormatError, /settings are damaged/);
});

test('bytes of any kind give settings or a FormatError', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(bytes, (some) => {
      try {
        decodeSettings(some);
      } catch (error) {
        assert.is((error as { readonly code?: unknown }).code, 'format');
      }
    }),
    { numRuns: 1000 },
  );
});

test('a run goes on only with the same examples in the same order', () => {
  const points = [{ step: 3, bits: 1, bytes: 2, loss: 0.5 }];
  const file = packSafetensors(new Map(), { metadata: jobMetadata({ settings, points }) });
  assert.equal(resumableNotes('run', file, { ...settings, epochs: 9, compress: 'sign' }).points, points);
  assertThrows(
    () => resumableNotes('run', file, { ...settings, batch: 8 }),
    OptionError,
    /run is of a run with --batch 32, got 8/,
  );
  assertThrows(
    () => resumableNotes('run', file, { ...settings, task: { kind: 'digits' } }),
    OptionError,
    /on other data/,
  );
  const empty = packSafetensors(new Map(), {});
  assertThrows(() => resumableNotes('run', empty, settings), FormatError, /was not written by sparse-sgd train/);
});

test.run();
