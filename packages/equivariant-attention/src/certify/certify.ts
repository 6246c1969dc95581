/** The certificate of a model: how equivariant it is under a group, proved where its layers can be proved, measured in any case. */
import { Sequential } from '@saccade/nn';
import { OptionError } from '@saccade/tensor';
import { elementName } from '../groups/element-name.js';
import type { Group, GroupOptions } from '../groups/group.js';
import { type GroupName, groupOf } from '../groups/named-groups.js';
import type { Action } from './actions.js';
import type { Certificate, ElementReport } from './certificate.js';
import { type CertifyOptions, type CertifyPlan, readCertifyOptions } from './certify-options.js';
import { isProvable } from './chain.js';
import { type Measured, measure } from './measure.js';
import { noticesOf } from './notices.js';
import type { Form } from './proof.js';
import { inMode, type Runnable, runnerOf } from './run-model.js';
import { type StaticProof, staticProof } from './static-proof.js';
import { UnprovedError } from './unproved-error.js';
import { summaryOf, verdictOf } from './verdict.js';

const op = 'certify';

/**
 * How equivariant a model is: whether f(T_h x) = T_h f(x) for the elements h of a group. Any function or module is measured; a model whose layers are `Provable`, or a
 * `Sequential` of such, is proved, in whole numbers. In evaluation, unless `training` is asked for.
 * @param model a function, a module, or an object with `forward` or `states`
 * @throws {OptionError} for options that do not fit, and with `strict` for values that are not finite @throws {ShapeError} for shapes that do not fit, and what the model throws
 */
export async function certify(
  model: Runnable,
  group: Group | GroupName | GroupOptions,
  options: CertifyOptions = {},
): Promise<Certificate> {
  const own = groupOf(group);
  const run = runnerOf(op, model);
  const plan = readCertifyOptions(model, own, options);
  return inMode(model, plan.training, async () => {
    const { proof, notice } = prove(model, own, plan);
    const outputAction = outputActionOf(plan.outputAction, proof);
    const { shape, dtype } = plan;
    const measured =
      plan.samples === 0
        ? undefined
        : await measure(run, {
            ...plan,
            ...{ group: own, outputAction, outputGroup: proof?.output.group, inputs: plan.inputs ?? { shape, dtype } },
          });
    if (proof === undefined && measured === undefined) {
      throw new OptionError(`${op}: nothing to prove, and samples: 0 measures nothing${notice ? `: ${notice}` : ''}`);
    }
    return certificateOf(own, plan, proof, measured, notice);
  });
}

/** The proof, or why there is none. */
function prove(model: Runnable, group: Group, plan: CertifyPlan): { proof?: StaticProof; notice?: string } {
  if (!isProvable(model) && !(model instanceof Sequential)) return {};
  const { inputAction, outputAction, shape } = plan;
  if (inputAction === 'invariant' || typeof inputAction === 'function' || typeof outputAction === 'function') {
    return { notice: 'no proof, as proofs are about images and features, not about actions of your own' };
  }
  const [height, width] = shape.slice(-3) as [number, number, number];
  const form: Form = { group: inputAction === 'features' ? group : undefined, height, width };
  try {
    return { proof: staticProof(model, group, form) };
  } catch (error) {
    if (error instanceof UnprovedError) return { notice: `no proof: ${error.message}` };
    throw error;
  }
}

/** What was asked for, which must be what is proved. */
function outputActionOf(asked: Action | undefined, proof: StaticProof | undefined): Action | undefined {
  if (proof === undefined) return asked;
  const { group, height } = proof.output;
  const proved = group !== undefined ? 'features' : height !== undefined ? 'image' : 'invariant';
  if (asked === undefined || asked === proved) return proved;
  throw new OptionError(`${op}: outputAction must be '${proved}', as that is what the model gives, got '${asked}'`);
}

function certificateOf(
  group: Group,
  plan: CertifyPlan,
  proof: StaticProof | undefined,
  measured: Measured | undefined,
  notice: string | undefined,
): Certificate {
  const { samples, seed, shape, tolerance, training, interpolation } = plan;
  const elements = plan.elements.map((element, i): ElementReport => {
    const { error, nonFinite = 0, failure } = measured?.elements[i] ?? {};
    const onLattice = group.latticeElements.includes(element);
    const proved = proof?.exact.includes(element) ?? false;
    return { element, name: elementName(group, element), proved, onLattice, error, nonFinite, failure };
  });
  if (plan.strict) requireFinite(elements);
  const layers = (measured?.layers ?? []).map(({ layer, elements: all }) => ({
    layer,
    errors: all.map((found) => found?.error),
  }));
  const findings = { group, elements, layers, proof, tolerance };
  const verdict = verdictOf(findings);
  const measurement = { samples, seed: plan.inputs ? undefined : seed, shape, tolerance, training, interpolation };
  return {
    ...{ group: group.name, verdict, summary: summaryOf(verdict, findings), elements, steps: proof?.steps, layers },
    measurement: measured && measurement,
    notices: [...(notice === undefined ? [] : [notice]), ...noticesOf(findings, verdict)],
  };
}

function requireFinite(elements: readonly ElementReport[]): void {
  const bad = elements.find(({ nonFinite }) => nonFinite > 0);
  if (bad === undefined) return;
  const { nonFinite, element } = bad;
  throw new OptionError(`${op}: strict: ${nonFinite} values of outputs are NaN or infinite, of element ${element}`);
}
