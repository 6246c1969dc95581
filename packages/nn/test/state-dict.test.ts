/** State dicts: what does not fit, names that differ, what stays as it is. */
import { DisposedError, OptionError, Rng, scope, tensor, zeros } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Linear, loadStateDict, MLP, Sequential, StateDictError } from '../src/index.js';

const rng = new Rng(1);

test('a state dict that does not fit is refused with a list of all that is wrong, and nothing is changed', () => {
  scope(() => {
    const model = new MLP([2, 3, 1], { rng });
    const before = [...model.stateDict()].map(([name, t]) => [name, [...t.dataSync()]]);
    const state = model.stateDict();
    state.delete('0.bias');
    state.set('2.weight', zeros([1, 4]));
    state.set('9.weight', zeros([1]));
    state.set('0.weight', zeros([3, 2], { dtype: 'int32' }));
    const error = assertThrows(() => model.loadStateDict(state), StateDictError) as StateDictError;
    assert.equal(error.missing, ['0.bias']);
    assert.equal(error.unexpected, ['9.weight']);
    assert.equal(error.mismatched, ['0.weight: expected float32, got int32', '2.weight: expected [1, 3], got [1, 4]']);
    for (const line of ['missing (1):\n    0.bias', 'unexpected (1):\n    9.weight', 'of another shape or type (2):']) {
      assert.ok(error.message.includes(line), error.message);
    }
    assert.equal(
      [...model.stateDict()].map(([name, t]) => [name, [...t.dataSync()]]),
      before,
    );
    model.dispose();
  });
});

test('a long list of missing names is cut', () => {
  scope(() => {
    const model = new Sequential(...Array.from({ length: 30 }, () => new Linear(1, 1, { rng })));
    const error = assertThrows(() => model.loadStateDict({}), StateDictError) as StateDictError;
    assert.is(error.missing.length, 60);
    assert.match(error.message, /… and 40 more/);
    model.dispose();
  });
});

test('strict: false leaves the rest alone and says what, but never another shape', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const kept = model.weight.item();
    const report = model.loadStateDict({ bias: tensor([5]), extra: tensor([1]) }, { strict: false });
    assert.equal(report, { missing: ['weight'], unexpected: ['extra'] });
    assert.equal([model.weight.item(), model.bias?.item()], [kept, 5]);
    assertThrows(
      () => model.loadStateDict({ bias: tensor([1, 2]) }, { strict: false }),
      StateDictError,
      /\[1\], got \[2\]/,
    );
    model.dispose();
  });
});

test('names can be mapped and left out', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const state = { 'net.w': tensor([[3]]), 'net.b': tensor([4]), step: tensor([9]) };
    const names: Record<string, string> = { 'net.w': 'weight', 'net.b': 'bias' };
    model.loadStateDict(state, { rename: (name) => names[name] });
    assert.equal([model.weight.item(), model.bias?.item()], [3, 4]);
    model.dispose();
  });
});

test('a state dict is a snapshot: training goes on without it', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const state = model.stateDict();
    const value = model.weight.item();
    model.loadStateDict({ weight: tensor([[7]]), bias: tensor([7]) });
    assert.is(state.get('weight')?.item(), value);
    model.dispose();
  });
});

test('what is no tensor and an unknown option are typed errors', () => {
  const model = new Linear(1, 1, { rng });
  assertThrows(() => model.loadStateDict({ weight: 3 as never }), OptionError, /'weight' is no tensor, got 3/);
  assertThrows(() => model.loadStateDict({}, { strickt: true } as never), OptionError, /no option 'strickt'/);
  model.dispose();
});

test('a freed tensor among those given, or two for one name, leaves the module as it is', () => {
  scope(() => {
    const model = new Linear(1, 1, { rng });
    const kept = [model.weight.item(), model.bias?.item()];
    const freed = tensor([1]);
    freed.dispose();
    assertThrows(() => model.loadStateDict({ weight: tensor([[9]]), bias: freed }), DisposedError);
    const twice = { weight: tensor([[9]]), bias: tensor([9]), b: tensor([9]) };
    const rename = (name: string): string => (name === 'b' ? 'bias' : name);
    assertThrows(() => model.loadStateDict(twice, { rename }), StateDictError, /bias: given twice, as bias and as b/);
    assert.equal([model.weight.item(), model.bias?.item()], kept);
    for (const wrong of [null, undefined, 3, tensor([1])]) {
      assertThrows(() => model.loadStateDict(wrong as never), OptionError, /expected tensors by name, got/);
    }
    assertThrows(() => loadStateDict({} as never, {}), OptionError, /loadStateDict: expected a module, got an object/);
    model.dispose();
  });
});

test.run();
