/** Greatest flows: by hand, against all cuts, and against the cut that they come with. */
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FlowGraph, FlowNetwork } from '../../src/rollout/max-flow.js';

type Edge = readonly [from: number, to: number, capacity: number];

const graph = (nodes: number, edges: readonly Edge[]): FlowGraph => ({
  nodes,
  from: edges.map(([from]) => from),
  to: edges.map(([, to]) => to),
  capacity: edges.map(([, , capacity]) => capacity),
});

/** What crosses from the nodes of a set to the others. */
const cut = (edges: readonly Edge[], inside: (node: number) => boolean): number =>
  edges.reduce((sum, [from, to, capacity]) => (inside(from) && !inside(to) ? sum + capacity : sum), 0);

test('a flow that has to take a link back', () => {
  const edges: Edge[] = [
    [0, 1, 1],
    [0, 2, 1],
    [1, 2, 1],
    [1, 3, 1],
    [2, 3, 1],
  ];
  assert.is(new FlowNetwork(graph(4, edges)).maxFlow(0, 3).value, 2);
});

test('no way is no flow, and two edges between the same nodes add up', () => {
  assert.is(new FlowNetwork(graph(3, [[0, 1, 5]])).maxFlow(0, 2).value, 0);
  assert.is(new FlowNetwork(graph(2, [])).maxFlow(0, 1).value, 0);
  const double: Edge[] = [
    [0, 1, 0.25],
    [0, 1, 0.5],
    [1, 0, 9],
  ];
  assert.is(new FlowNetwork(graph(2, double)).maxFlow(0, 1).value, 0.75);
});

test('a network is as new for each flow', () => {
  const edges: Edge[] = [
    [0, 1, 0.5],
    [1, 2, 0.25],
  ];
  const network = new FlowNetwork(graph(3, edges));
  for (const sink of [2, 1, 2]) assert.is(network.maxFlow(0, sink).value, sink === 1 ? 0.5 : 0.25);
});

/** Graphs of up to 7 nodes. */
const graphs = fc
  .integer({ min: 2, max: 7 })
  .chain((nodes) =>
    fc
      .array(
        fc.tuple(
          fc.nat({ max: nodes - 1 }),
          fc.nat({ max: nodes - 1 }),
          fc.oneof(fc.constantFrom(0, 1, 1e-6), fc.double({ min: 0, max: 1, noNaN: true })),
        ),
        { maxLength: 24 },
      )
      .map((edges) => ({ nodes, edges: edges as readonly Edge[] })),
  );

test('the greatest flow is the least of all cuts', () => {
  fc.assert(
    fc.property(graphs, ({ nodes, edges }) => {
      const sink = nodes - 1;
      const { value } = new FlowNetwork(graph(nodes, edges)).maxFlow(0, sink);
      let least = Number.POSITIVE_INFINITY;
      for (let set = 1; set < 2 ** sink; set += 2)
        least = Math.min(
          least,
          cut(edges, (node) => (set >> node) % 2 === 1),
        );
      assertClose(value, least, { rtol: 1e-12, atol: 1e-12 });
    }),
    { numRuns: 300, seed: 4 },
  );
});

test('on layers of many nodes the flow is what crosses its cut', () => {
  const layered = fc.record({
    width: fc.integer({ min: 2, max: 12 }),
    layers: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(layered, ({ width, layers, seed }) => {
      const edges: Edge[] = [];
      for (let l = 0; l < layers; l++) {
        for (let i = 0; i < width * width; i++) {
          const [from, to] = [(l + 1) * width + Math.floor(i / width), l * width + (i % width)];
          edges.push([from, to, Math.abs(Math.sin(seed + 12.9898 * edges.length)) ** 4]);
        }
      }
      const { value, sourceSide } = new FlowNetwork(graph((layers + 1) * width, edges)).maxFlow(layers * width, 0);
      assert.is(sourceSide[layers * width], 1);
      assert.is(sourceSide[0], 0);
      assertClose(
        value,
        cut(edges, (node) => sourceSide[node] === 1),
        { rtol: 1e-11, atol: 1e-11 },
      );
    }),
    { numRuns: 60, seed: 5 },
  );
});

test.run();
