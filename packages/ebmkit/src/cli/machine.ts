import { bernoulli, type Rbm, type RbmParameters, rbm } from '@ebmkit/boltzmann';
import { loadCheckpoint, saveCheckpoint } from '@ebmkit/checkpoint';
import { FormatError, fromPlain, isPlainTensor, type Plain } from '@ebmkit/tensor';

/** The parameters of a Bernoulli machine as tensors. */
export type Parameters = RbmParameters;

/** A machine with its parameters. */
export interface LoadedMachine {
  /** The machine. */
  readonly machine: Rbm;
  /** Its parameters on the active backend. */
  readonly params: Parameters;
  /** What was written beside them. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A machine of Bernoulli units. */
export function bernoulliMachine(visible: number, hidden: number): Rbm {
  return rbm({ visible: bernoulli(visible), hidden: bernoulli(hidden) });
}

/** Saves parameters so that `loadMachine`, and any reader of safetensors, can open them. */
export async function saveMachine(
  path: string,
  params: Plain<Parameters>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await saveCheckpoint(path, params, {
    ...metadata,
    model: 'rbm',
    visibleUnits: 'bernoulli',
    hiddenUnits: 'bernoulli',
  });
}

/**
 * Loads a machine of Bernoulli units from a safetensors file with the tensors `weight`, `visibleBias` and `hiddenBias`.
 *
 * @throws FormatError when a tensor is missing or the shapes do not fit.
 */
export async function loadMachine(path: string): Promise<LoadedMachine> {
  const { tree, metadata } = await loadCheckpoint<Parameters>(path);
  const { weight, visibleBias, hiddenBias } = tree as Partial<Plain<Parameters>>;
  const [visible, hidden] = isPlainTensor(weight) ? weight.shape : [];
  const fits =
    visible !== undefined &&
    hidden !== undefined &&
    weight?.shape.length === 2 &&
    isPlainTensor(visibleBias) &&
    isPlainTensor(hiddenBias) &&
    visibleBias.shape[0] === visible &&
    hiddenBias.shape[0] === hidden;
  if (!fits || visible === undefined || hidden === undefined)
    throw new FormatError(
      `${path}: expected the tensors weight [V, H], visibleBias [V] and hiddenBias [H], got ${Object.keys(tree).join(', ') || 'none'}. Give a model that "ebmkit train rbm" saved.`,
    );
  return {
    machine: bernoulliMachine(visible, hidden),
    params: fromPlain({ weight, visibleBias, hiddenBias }),
    metadata,
  };
}
