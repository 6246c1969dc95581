/** Modules: what they find, what they name it, how they change mode and end. */
import { memory, OptionError, Rng, SaccadeError, type Tensor, tensor } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BatchNorm, Dropout, type Layer, Linear, Module, ReLU, Sequential } from '../src/index.js';

const rng = new Rng(1);

class Everything extends Module {
  readonly first = new Linear(1, 1, { rng });
  readonly hiddenLayers: Layer[] = [new Linear(1, 1, { rng, bias: false }), new ReLU()];
  readonly byName = { left: new Linear(1, 1, { rng, bias: false }), right: undefined };
  readonly map = new Map([['key', new Linear(1, 1, { rng, bias: false })]]);
  readonly scale: Tensor;
  readonly notAModule = { some: 'thing' };

  constructor() {
    super();
    this.scale = this.parameter('scale', tensor([1]));
    this.buffer('seen', tensor([0]));
  }

  override forward(x: Tensor): Tensor {
    return this.first.forward(x);
  }
}

test('parameters have the names of the properties in snake_case, through arrays, objects and maps', () => {
  using model = new Everything();
  assert.equal(
    [...model.parameters().keys()],
    ['scale', 'first.weight', 'first.bias', 'hidden_layers.0.weight', 'by_name.left.weight', 'map.key.weight'],
  );
  assert.equal([...model.buffers().keys()], ['seen']);
  assert.equal(
    [...model.children().keys()],
    ['first', 'hidden_layers.0', 'hidden_layers.1', 'by_name.left', 'map.key'],
  );
  assert.is(model.size, 6);
});

test('a module that stands at two places is trained once and saved under both names', () => {
  class Tied extends Module {
    readonly encode: Linear;
    readonly decode: Linear;

    constructor() {
      super();
      this.encode = new Linear(2, 2, { rng });
      this.decode = this.encode;
    }

    override forward(x: Tensor): Tensor {
      return this.decode.forward(this.encode.forward(x));
    }
  }
  using model = new Tied();
  assert.equal([...model.parameters().keys()], ['encode.weight', 'encode.bias']);
  assert.equal([...model.stateDict().keys()], ['encode.weight', 'encode.bias', 'decode.weight', 'decode.bias']);
  const half = new Map([...model.stateDict()].filter(([name]) => name.startsWith('decode')));
  assert.equal(model.loadStateDict(half), { missing: [], unexpected: [] });
});

test('a module that contains itself is an error, not an endless walk', () => {
  class Snake extends Module {
    tail: Module | undefined;

    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  const snake = new Snake();
  snake.tail = new Sequential(snake);
  assertThrows(() => snake.parameters(), SaccadeError, /a module contains itself, at 'tail.0'/);
});

test('train and eval reach all parts', () => {
  const model = new Sequential(new Dropout(0.5, { rng }), new Sequential(new BatchNorm(2)));
  assert.ok([...model.modules().values()].every((module) => module.training));
  assert.is(model.eval(), model);
  assert.ok([...model.modules().values()].every((module) => !module.training));
  model.train();
  assert.ok(model.layers[1]?.training);
});

test('generators are found by name, and each dropout has a stream of its own', () => {
  const model = new Sequential(new Dropout(0.5, { rng }), new Dropout(0.5, { rng }));
  const generators = model.generators();
  assert.equal([...generators.keys()], ['0.rng', '1.rng']);
  assert.not.equal(generators.get('0.rng')?.state, generators.get('1.rng')?.state);
});

test('dispose frees every parameter and buffer, and twice is fine', () => {
  const before = memory().tensors;
  const model = new Sequential(new Linear(2, 3, { rng }), new BatchNorm(3));
  assert.is(memory().tensors, before + 7);
  model.dispose();
  model.dispose();
  assert.is(memory().tensors, before);
});

test('two tensors of one name, and what is no tensor, are refused', () => {
  class Twice extends Module {
    constructor(value: unknown) {
      super();
      this.parameter('weight', tensor([1]));
      this.parameter('weight', value as Tensor);
    }

    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  assertThrows(() => new Twice(tensor([2])), OptionError, /Twice: there are two tensors 'weight'/);
  assertThrows(() => new Twice(3), OptionError, /Twice: parameter 'weight' must be a tensor/);
});

test('a subclass of Sequential may have other parts, sets and objects without prototype are looked through', () => {
  class Net extends Sequential {
    readonly head = new Linear(1, 1, { rng, bias: false });
    readonly set = new Set([new Linear(1, 1, { rng, bias: false })]);
    readonly bare = Object.assign(Object.create(null), { one: new Linear(1, 1, { rng, bias: false }) });
  }
  using net = new Net(new Linear(1, 1, { rng, bias: false }));
  assert.equal([...net.parameters().keys()], ['0.weight', 'head.weight', 'set.0.weight', 'bare.one.weight']);
});

test('two parts of one name are refused, and objects that hold themselves are no endless walk', () => {
  class Clash extends Module {
    readonly selfAttn = new ReLU();
    readonly self_attn = new ReLU();

    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  assertThrows(() => new Clash().parameters(), OptionError, /there are two modules 'self_attn'/);
  class Round extends Module {
    readonly config: { self?: unknown } = {};

    constructor() {
      super();
      this.config.self = this.config;
    }

    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  assert.is(new Round().parameters().size, 0);
});

test.run();
