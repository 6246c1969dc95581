import { OptionError, tensor } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pathAttention } from '../../src/paths/path-attention.js';
import { golden, stored } from './golden-network.js';

const layers = (name: string) => [0, 1, 2].map((l) => stored(`${name}.P`).at(l));

test('where paths look is the product of their attention, later layers on the left', () => {
  const paths = golden.values('sample_paths');
  const matches = ['noskip_nobias', 'noskip_bias', 'skip_nobias', 'skip_bias'].filter((name) => {
    const got = [0, 1, 2, 3, 4, 5].flatMap((i) =>
      Array.from(pathAttention(layers(name), paths.slice(3 * i, 3 * i + 3)).dataSync()),
    );
    return golden.values('sample_P_path').every((value, i) => Math.abs(value - got[i]!) < 1e-12);
  });
  assert.is(matches.length, 1);
});

test('a path past all heads looks where it stands', () => {
  const looked = pathAttention(layers('skip_bias'), [2, 2, 2]);
  assertClose(
    Array.from(looked.dataSync()),
    [0, 1, 2, 3, 4, 5].flatMap((i) => [0, 1, 2, 3, 4, 5].map((j) => (i === j ? 1 : 0))),
  );
});

test('paths that are not there are refused, with the layer', () => {
  const attention = layers('skip_bias');
  assertThrows(
    () => pathAttention(attention, [0, 1]),
    OptionError,
    /^pathAttention: a path has an entry for each of 3 layers, got 2$/,
  );
  assertThrows(
    () => pathAttention(attention, [0, 3, 1]),
    OptionError,
    /^pathAttention: layer 1: the path must have a head in \[0, 2\), or 2 past them, got 3$/,
  );
  assertThrows(
    () => pathAttention([tensor([1])], [0]),
    Error,
    /pathAttention: attention must be \[heads, query, key\]/,
  );
});

test.run();
