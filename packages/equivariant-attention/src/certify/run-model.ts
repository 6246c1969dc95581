/** How a model is run to be measured: layer by layer where it lets one look, in one mode, with the same random numbers each time. */
import { inference, Module, Sequential } from '@saccade/nn';
import { assign, isTensor, OptionError, quote, type RngState, scope, type Tensor, tensor } from '@saccade/tensor';
import type { Group } from '../groups/group.js';

/** What a layer of a model gives. */
export interface LayerState {
  /** The layer's path. */
  readonly layer: string;
  readonly state: Tensor;
  /** Whose elements features are over, where it is not the group that is asked about. */
  readonly group?: Group | undefined;
}

/** A model that lets one look at what its layers give, which is then measured layer by layer. */
export interface Observable {
  /** In order; the last state is the output. */
  states(input: Tensor): readonly LayerState[] | Promise<readonly LayerState[]>;
}

/** What can be measured: a function, a module, or anything that runs forward or tells its states. */
export type Runnable =
  | ((x: Tensor) => Tensor | Promise<Tensor>)
  | { forward(x: Tensor): Tensor | Promise<Tensor> }
  | Observable;

/** Runs a model on one input. */
export type Run = (input: Tensor) => Promise<readonly LayerState[]>;

/** @throws {OptionError} for what cannot be run */
export function runnerOf(op: string, model: Runnable): Run {
  const states = statesOf(op, model);
  const streams = model instanceof Module ? [...model.generators().values()] : [];
  const starts: readonly RngState[] = streams.map((stream) => stream.state);
  return (input) =>
    scope(async () => {
      streams.forEach((stream, i) => {
        stream.state = starts[i] as RngState;
      });
      const found = await states(input);
      const bad = found.find(({ state }) => !isTensor(state));
      if (found.length > 0 && bad === undefined) return found;
      throw new OptionError(`${op}: the model must give a tensor, got ${quote(bad?.state)}`);
    });
}

function statesOf(
  op: string,
  model: Runnable,
): (input: Tensor) => Promise<readonly LayerState[]> | readonly LayerState[] {
  if (typeof model === 'function') return async (input) => [{ layer: 'output', state: await model(input) }];
  if (typeof (model as Partial<Observable> | null)?.states === 'function') {
    return (input) => (model as Observable).states(input);
  }
  if (model instanceof Sequential) return (input) => statesOfLayers(model, input);
  const runs = model as { forward(x: Tensor): Tensor | Promise<Tensor> } | null;
  if (typeof runs?.forward !== 'function') {
    throw new OptionError(`${op}: expected a model: a function, or an object with forward(x), got ${quote(model)}`);
  }
  return async (input) => [{ layer: 'output', state: await runs.forward(input) }];
}

function statesOfLayers({ layers }: Sequential, input: Tensor): LayerState[] {
  let state = input;
  return layers.map((layer, i) => {
    state = layer.forward(state);
    return { layer: String(i), state };
  });
}

/** Runs `body` with a model in training or in evaluation. Modes, random numbers and running statistics are in the end what they were. */
export async function inMode<R>(model: unknown, training: boolean, body: () => Promise<R>): Promise<R> {
  if (!(model instanceof Module)) return scope(body);
  const streams = [...model.generators().values()];
  const starts = streams.map((stream) => stream.state);
  try {
    return await (training ? inTraining(model, body) : inference(model, body));
  } finally {
    streams.forEach((stream, i) => {
      stream.state = starts[i] as RngState;
    });
  }
}

async function inTraining<R>(model: Module<never, unknown>, body: () => Promise<R>): Promise<R> {
  const modes = [...model.modules().values()].map((module) => [module, module.training] as const);
  const buffers = [...model.buffers().values()];
  const kept = await Promise.all(buffers.map(async (buffer) => (await buffer.data()).slice()));
  model.train();
  try {
    return await scope(body);
  } finally {
    // Outer modules come first, so each part ends in its own mode.
    for (const [module, training] of modes) module.train(training);
    scope(() => {
      for (const [i, buffer] of buffers.entries()) {
        const { shape, dtype, device } = buffer;
        assign(buffer, tensor(kept[i] as Float32Array, { shape, dtype, device }));
      }
    });
  }
}
