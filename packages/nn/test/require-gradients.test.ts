import { OptionError, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { requireGradients } from '../src/index.js';

test('gradients that fit are given back, whatever else is among them', () => {
  scope(() => {
    const gradients = new Map<string, Tensor>([
      ['w', zeros([2, 3])],
      ['other', zeros([1])],
    ]);
    assert.is(requireGradients('op', new Map([['w', zeros([2, 3])]]), gradients), gradients);
  });
});

test('what is missing or does not fit is told by name', () => {
  scope(() => {
    const parameters = new Map([['w', zeros([2])]]);
    const refused = (gradients: unknown, kind: typeof OptionError | typeof ShapeError, message: RegExp) =>
      assertThrows(() => requireGradients('op', parameters, gradients as never), kind, message);
    const gone = zeros([2]);
    gone.dispose();
    refused({ w: zeros([2]) }, OptionError, /op: expected a Map of gradients by name, got an object/);
    refused(new Map(), OptionError, /op: there is no gradient of 'w'/);
    refused(new Map([['w', 1]]), OptionError, /there is no gradient of 'w'/);
    refused(new Map([['w', gone]]), OptionError, /there is no gradient of 'w'/);
    refused(new Map([['w', zeros([3])]]), ShapeError, /the gradient of 'w' must be float32 \[2\], got float32 \[3\]/);
    refused(new Map([['w', tensor([1, 2], { dtype: 'int32' })]]), ShapeError, /must be float32 \[2\], got int32 \[2\]/);
  });
});

test.run();
