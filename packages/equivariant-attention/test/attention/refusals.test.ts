/** What attention over a group refuses before it computes anything. */
import { createJsDevice, useDevice } from '@saccade/kernels';
import { DTypeError, OptionError, Rng, ShapeError, scope, type Tensor, zeros } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import type { AttentionInputs } from '../../src/attention/attention-inputs.js';
import { groupAttention } from '../../src/attention/group-attention.js';
import type { AttentionPlan } from '../../src/attention/plan.js';
import { type Case, inputsOf } from './cases.js';

const c: Case = {
  ...{ seed: 1, batch: 1, heads: 2, outputs: 2, queries: 2, keys: 2, height: 2, width: 3, dims: 1, groupDims: 1 },
  ...{ offsets: 'patch 3', window: true, dropout: 'none' },
};

/** Attends after a change to good inputs. */
function attend(change: (inputs: AttentionInputs) => Partial<AttentionInputs>): () => Tensor {
  const inputs = inputsOf(c);
  const { query, key, value, tables, plan, settings } = { ...inputs, ...change(inputs) };
  return () => groupAttention(query, key, value, tables, plan, settings);
}

async function onJs(body: () => void): Promise<void> {
  const former = useDevice(createJsDevice());
  try {
    await scope(body);
  } finally {
    useDevice(former);
  }
}

test('tensors that do not fit each other', () =>
  onJs(() => {
    const shape = /groupAttention: query must be \[batch, 2, height, width, 6\], got \[1, 3, 2, 3, 6\]/;
    assertThrows(
      attend(() => ({ query: zeros([1, 3, 2, 3, 6]) })),
      ShapeError,
      shape,
    );
    assertThrows(
      attend(() => ({ value: zeros([1, 2, 2, 4, 6]) })),
      ShapeError,
      /value must be \[1, 2, 2, 3, 6\]/,
    );
    assertThrows(
      attend(({ tables }) => ({ tables: { ...tables, column: zeros([4, 2]) } })),
      ShapeError,
      /tables.column must be \[columns, 1\]/,
    );
    assertThrows(
      attend(() => ({ key: zeros([1, 2, 2, 3, 6], { dtype: 'float64' }) })),
      DTypeError,
      /floats of one type/,
    );
  }));

test('plans that are none, or read beyond their tables', () =>
  onJs(() => {
    const planned = (change: (plan: AttentionPlan) => Partial<AttentionPlan>) =>
      attend(({ plan }) => ({ plan: { ...plan, ...change(plan) } }));
    assertThrows(
      planned(({ offsets }) => ({ offsets: offsets.map((x) => x + 5) })),
      ShapeError,
      /must differ, and one must be \(0, 0\)/,
    );
    assertThrows(
      planned(({ offsets }) => ({ offsets: offsets.fill(0) })),
      ShapeError,
      /must differ/,
    );
    assertThrows(
      planned(({ rowIndex }) => ({ rowIndex: rowIndex.slice(1) })),
      ShapeError,
      /rowIndex must have 18 numbers, got 17/,
    );
    assertThrows(
      planned(({ columnIndex }) => ({ columnIndex: columnIndex.map(() => -1) })),
      ShapeError,
      /columnIndex must be numbers from 0/,
    );
    assertThrows(
      planned(({ groupIndex }) => ({ groupIndex: groupIndex?.map(() => 5) })),
      ShapeError,
      /groupIndex reads row 5 of its table, which has 5/,
    );
    assertThrows(
      planned(() => ({ groupIndex: undefined })),
      ShapeError,
      /needs a groupIndex/,
    );
    assertThrows(
      planned(() => ({ window: new Float32Array(2) })),
      ShapeError,
      /window must have 9 numbers, got 2/,
    );
  }));

test('settings that cannot be', () =>
  onJs(() => {
    const settled = (change: object) => attend(({ settings }) => ({ settings: { ...settings, ...change } }));
    const rng = new Rng(1);
    assertThrows(settled({ heads: 0 }), OptionError, /heads must be a whole number from 1/);
    assertThrows(settled({ scale: Number.NaN }), OptionError, /scale must be a finite number/);
    assertThrows(settled({ dropout: { rate: 1.5, rng } }), OptionError, /dropout.rate must be a number in \[0, 1\]/);
    assertThrows(settled({ dropout: { rate: 0.5 } }), OptionError, /needs a source of random numbers/);
    const orbit = { rowOf: new Int32Array(24), place: new Int32Array(36).fill(18) };
    assertThrows(settled({ dropout: { rate: 0.5, rng, orbit } }), ShapeError, /36 below 18 in place/);
  }));

test.run();
