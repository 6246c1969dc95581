/** Activations as layers, and by name: [any shape] -> the same. */
import {
  expm1,
  gelu,
  greater,
  minimum,
  mul,
  OptionError,
  quote,
  relu,
  requireWithin,
  scope,
  sigmoid,
  silu,
  softmax,
  softplus,
  type Tensor,
  tanh,
  where,
} from '@saccade/tensor';
import { Module } from '../module.js';

/** x where x > 0, else slope x, by default 0.01 x: [any shape] -> the same. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return scope(() => where(greater(x, 0), x, mul(x, slope)));
}

/** x where x > 0, else alpha (e^x - 1), alpha by default 1: [any shape] -> the same. Clevert et al. 2016. */
export function elu(x: Tensor, alpha = 1): Tensor {
  // The side that is not taken must stay finite: its derivative is multiplied by 0.
  return scope(() => where(greater(x, 0), x, mul(expm1(minimum(x, 0)), alpha)));
}

/** max(x, 0): [any shape] -> the same. */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** x where x > 0, else slope x: [any shape] -> the same. */
export class LeakyReLU extends Module {
  readonly slope: number;

  /** @param slope default 0.01 @throws {OptionError} unless it is finite */
  constructor(slope = 0.01) {
    super();
    this.slope = requireWithin('LeakyReLU', 'slope', slope, -Number.MAX_VALUE, Number.MAX_VALUE);
  }

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.slope);
  }
}

/** x where x > 0, else alpha (e^x - 1): [any shape] -> the same. */
export class ELU extends Module {
  readonly alpha: number;

  /** @param alpha default 1 @throws {OptionError} unless it is finite */
  constructor(alpha = 1) {
    super();
    this.alpha = requireWithin('ELU', 'alpha', alpha, -Number.MAX_VALUE, Number.MAX_VALUE);
  }

  override forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/** x Phi(x) with the normal distribution function Phi: [any shape] -> the same. `'tanh'` takes the usual approximation of it; default `'exact'`. */
export class GELU extends Module {
  readonly form: 'exact' | 'tanh';

  constructor(form: 'exact' | 'tanh' = 'exact') {
    super();
    this.form = form;
  }

  override forward(x: Tensor): Tensor {
    return gelu(x, this.form);
  }
}

/** x sigmoid(x), also called swish: [any shape] -> the same. */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** tanh(x): [any shape] -> the same. */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** 1 / (1 + e^-x): [any shape] -> the same. */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** log(1 + e^x), without overflow: [any shape] -> the same. */
export class Softplus extends Module {
  override forward(x: Tensor): Tensor {
    return softplus(x);
  }
}

/** Softmax along an axis: [any shape] -> the same. */
export class Softmax extends Module {
  readonly axis: number;

  /** @param axis default the last */
  constructor(axis = -1) {
    super();
    this.axis = axis;
  }

  override forward(x: Tensor): Tensor {
    return softmax(x, { axis: this.axis });
  }
}

/** A function of one tensor, or the name of one. */
export type Activation = 'relu' | 'gelu' | 'silu' | 'tanh' | 'sigmoid' | 'elu' | 'leakyRelu' | ((x: Tensor) => Tensor);

const byName: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu,
  gelu: (x) => gelu(x),
  silu,
  tanh,
  sigmoid,
  elu: (x) => elu(x),
  leakyRelu: (x) => leakyRelu(x),
};

/** The function that a name stands for. @throws {OptionError} for an unknown name */
export function activationOf(op: string, activation: Activation): (x: Tensor) => Tensor {
  if (typeof activation === 'function') return activation;
  const found = Object.hasOwn(byName, activation) ? byName[activation] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(byName).join(', ');
  throw new OptionError(`${op}: activation must be a function or one of ${known}, got ${quote(activation)}`);
}
