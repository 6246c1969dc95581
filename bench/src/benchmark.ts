/** Runs the cases and figures that were asked for, prints them group by group, and writes the JSON report. */
import { writeFileSync } from 'node:fs';
import { createWasmDevice, type Device, useDevice } from '@saccade/kernels';
import { attentionCases } from './cases/attention.js';
import { attentionConvCases } from './cases/attention-conv.js';
import { collabAttentionCases } from './cases/collab-attention.js';
import { convolutionCases } from './cases/convolution.js';
import { digitsCases } from './cases/digits.js';
import { elementwiseCases } from './cases/elementwise.js';
import { matmulCases } from './cases/matmul.js';
import { rankCollapseCases } from './cases/rank-collapse.js';
import { rowCases } from './cases/rows.js';
import { sparseSgdCases } from './cases/sparse-sgd.js';
import { threadCases } from './cases/threads.js';
import { topKCases } from './cases/top-k.js';
import { transformerCases } from './cases/transformer.js';
import { attentionConvFigures } from './figures/attention-conv.js';
import { attentionMemoryFigures } from './figures/attention-memory.js';
import { bundleFigures } from './figures/bundle-size.js';
import { collabAttentionFigures } from './figures/collab-attention.js';
import { equivariantAttentionFigures } from './figures/equivariant-attention.js';
import { mnistTorchFigures } from './figures/mnist-torch.js';
import { operationOverheadFigures } from './figures/operation-overhead.js';
import { rankCollapseFigures } from './figures/rank-collapse.js';
import { sparseSgdFigures } from './figures/sparse-sgd.js';
import { startupFigures } from './figures/startup.js';
import { topKFigures } from './figures/top-k.js';
import { trainingMemoryFigures } from './figures/training-memory.js';
import { fullPace, quickPace } from './harness/alternate.js';
import type { Case } from './harness/case.js';
import type { Figure } from './harness/figure.js';
import { describeMachine } from './harness/machine.js';
import { type CaseResult, runCase } from './harness/run-case.js';
import { caseTable, figureTable } from './harness/table.js';
import type { Options } from './options.js';
import { peerVersions } from './peers/install.js';
import { type Peers, startPeers } from './peers/start.js';

/** Groups of cases, one after the other: each is made when it is its turn, as its inputs take memory. */
const caseGroups: readonly ((peers: Peers) => Case[])[] = [
  matmulCases,
  elementwiseCases,
  rowCases,
  convolutionCases,
  digitsCases,
  attentionCases,
  transformerCases,
  topKCases,
  sparseSgdCases,
  attentionConvCases,
  collabAttentionCases,
  rankCollapseCases,
];

const figureGroups: readonly { name: string; measure: (quick: boolean) => Promise<Figure[]> }[] = [
  { name: 'mnist network against torch', measure: mnistTorchFigures },
  { name: 'operation overhead', measure: operationOverheadFigures },
  { name: 'top-k on one thread', measure: topKFigures },
  { name: 'gradient compression', measure: sparseSgdFigures },
  { name: 'attention by position', measure: attentionConvFigures },
  { name: 'decomposition of attention', measure: collabAttentionFigures },
  { name: 'paths through attention', measure: rankCollapseFigures },
  { name: 'attention over a group', measure: equivariantAttentionFigures },
  { name: 'attention memory', measure: attentionMemoryFigures },
  { name: 'training memory', measure: trainingMemoryFigures },
  { name: 'start-up', measure: startupFigures },
  { name: 'bundle size', measure: bundleFigures },
];

/** True if every contender ran and gave the right result, and every figure could be measured. A bar that is not held is told, not failed. */
export async function runBenchmark(options: Options): Promise<boolean> {
  const machine = describeMachine();
  const device = createWasmDevice({ threads: 1 });
  useDevice(device);
  const peers = await startPeers();
  const versions = peerVersions();
  const { arithmetic } = device.info;
  console.log(
    `${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, saccade on ${arithmetic}`,
  );
  console.log(
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  );
  for (const reason of peers.missing) console.log(`left out: ${reason}`);
  if (machine.load > 0.3)
    console.error(`bench: load average ${machine.load.toFixed(1)}: others use this machine, times will vary`);

  const cases = await runCases(options, peers, device);
  const { figures, failures } = await measureFigures(options);
  summarise(cases, figures);
  if (options.json !== undefined) {
    const report = {
      machine,
      arithmetic,
      quick: options.quick,
      versions,
      missing: peers.missing,
      cases,
      figures,
      failures,
    };
    writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return failures.length === 0 && cases.every(({ problems }) => problems.length === 0);
}

async function runCases(options: Options, peers: Peers, device: Device): Promise<CaseResult[]> {
  const pace = options.quick ? quickPace : fullPace;
  const relaxed = device.info.arithmetic === 'relaxed-simd';
  const results: CaseResult[] = [];
  const run = async (cases: Case[]) => {
    const wanted = cases.filter(({ group, name }) => options.only?.test(`${group} / ${name}`) ?? true);
    for (const group of new Set(wanted.map(({ group }) => group))) {
      const rows: CaseResult[] = [];
      for (const one of wanted.filter((one) => one.group === group)) {
        console.error(`bench: ${group} / ${one.name}`);
        rows.push(await runCase(one, pace, relaxed));
      }
      console.log(`\n## ${group}\n\n${caseTable(rows)}`);
      results.push(...rows);
    }
  };
  for (const make of caseGroups) await run(make(peers));
  const { cases, two } = threadCases(device);
  if (cases.some(({ group, name }) => options.only?.test(`${group} / ${name}`) ?? true)) {
    await two.ready();
    await run(cases);
  }
  two.dispose();
  return results;
}

interface Measured {
  readonly figures: Figure[];
  readonly failures: string[];
}

async function measureFigures(options: Options): Promise<Measured> {
  const figures: Figure[] = [];
  const failures: string[] = [];
  for (const { name, measure } of figureGroups) {
    if (!(options.only?.test(name) ?? true)) continue;
    console.error(`bench: ${name}`);
    try {
      const measured = await measure(options.quick);
      if (measured.length === 0) continue; // left out, with a line that says why
      console.log(`\n## ${measured[0]?.group ?? name}\n\n${figureTable(measured)}`);
      figures.push(...measured);
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`);
      console.log(`\n## ${name}\n\n  ! failed: ${(error as Error).message}`);
    }
  }
  return { figures, failures };
}

function summarise(cases: readonly CaseResult[], figures: readonly Figure[]): void {
  const verdicts = [
    ...cases.filter(({ bar }) => bar !== undefined).map(({ name, bar }) => ({ name, held: bar?.held })),
    ...figures.filter(({ bar }) => bar !== undefined),
  ];
  const missed = verdicts.filter(({ held }) => !held);
  console.log(`\n${verdicts.length - missed.length} of ${verdicts.length} bars held`);
  if (missed.length > 0) console.log(`not held: ${missed.map(({ name }) => name).join('; ')}`);
}
