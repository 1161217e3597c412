import { EbmError, type PlainTensor } from '@ebmkit/tensor';
import { checkedReal, checkSizes, transposed } from './plain-arrays.js';

/** The tensors of a model by name, as plain numbers: what PyTorch calls a state dict, and a safetensors file holds. */
export type StateDict = Readonly<Record<string, PlainTensor>>;

/** How a state dict stores the weights. */
export interface StateDictOptions {
  /** Whether the weight is `[hidden, visible]`, as that of `nn.Linear` is; false, `[visible, hidden]`, unless given. */
  readonly transposed?: boolean;
}

/**
 * Which entry holds which parameter: the weight and the layers' own parameters.
 *
 * @typeParam N - The names of the own parameters, such as `visibleBias`.
 */
export type StateDictNames<N extends string> = Readonly<Record<N | 'weight', string>>;

function entryOf(entries: StateDict, entry: string, name: string): PlainTensor {
  const found = Object.hasOwn(entries, entry) ? entries[entry] : undefined;
  if (found) return checkedReal('fromStateDict', `"${entry}"`, found, name === 'weight' ? 2 : 1);
  const known = Object.keys(entries).map((key) => `"${key}"`);
  throw new EbmError(
    'argument',
    `fromStateDict: expected an entry "${entry}" for ${name}, got ${known.join(', ') || 'none'}. Name the one that holds it.`,
  );
}

/**
 * The parameters of a restricted Boltzmann machine from a PyTorch state dict, such as `decodeSafetensors` of `@ebmkit/checkpoint` reads. There is no
 * standard layout, so the entries are named. Machines with other parameters than biases name those too. Numbers are copied, in the
 * precision they come in; further entries are passed over.
 *
 * @param entries - The state dict.
 * @param names - For each parameter of the machine the entry that holds it.
 * @param options - Whether the weight is transposed. That of a square one cannot be told from its shape.
 * @returns Plain parameters: `fromPlain` makes tensors of them.
 * @throws EbmError when an entry is missing; ShapeError when entries are not real numbers or do not fit each other.
 *
 * @example
 * ```ts
 * const { tensors } = decodeSafetensors(await readFile('rbm.safetensors'));
 * const names = { weight: 'W', visibleBias: 'v_bias', hiddenBias: 'h_bias' };
 * const params = fromPlain(fromStateDict(tensors, names));
 * ```
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.state_dict
 */
export function fromStateDict<N extends string>(
  entries: StateDict,
  names: StateDictNames<N>,
  options: StateDictOptions = {},
): Readonly<Record<N | 'weight', PlainTensor>> {
  const found = Object.entries<string>(names).map(([name, entry]) => {
    const tensor = entryOf(entries, entry, name);
    return [name, name === 'weight' && options.transposed ? transposed(tensor) : tensor] as const;
  });
  const params = Object.fromEntries(found) as Readonly<Record<string, PlainTensor>>;
  const what = options.transposed ? '[hidden, visible]' : '[visible, hidden]';
  checkSizes('fromStateDict', `"${names.weight}" ${what}`, params.weight as PlainTensor, {
    visible: params.visibleBias,
    hidden: params.hiddenBias,
  });
  return params;
}

/**
 * The parameters of a restricted Boltzmann machine as a PyTorch state dict, for `encodeSafetensors` of `@ebmkit/checkpoint` and
 * `load_state_dict`: the inverse of `fromStateDict`.
 *
 * @param params - Plain parameters: those of a `FitResult`, or from `toPlain`.
 * @param names - For each parameter the entry to make of it.
 * @param options - Whether to transpose the weight.
 * @returns The state dict, of copies.
 * @throws EbmError when two parameters would have one name or a parameter is not there; ShapeError when one is not of real numbers.
 *
 * @example
 * ```ts
 * const entries = toStateDict(result.params, { weight: 'W', visibleBias: 'v_bias', hiddenBias: 'h_bias' });
 * await writeFile('rbm.safetensors', encodeSafetensors(entries));
 * ```
 */
export function toStateDict<N extends string>(
  params: Readonly<Record<NoInfer<N> | 'weight', PlainTensor>>,
  names: StateDictNames<N>,
  options: StateDictOptions = {},
): StateDict {
  const where = 'toStateDict';
  const pairs = Object.entries<string>(names) as readonly (readonly [N | 'weight', string])[];
  const repeated = pairs.find(([, entry], i) => pairs.findIndex(([, other]) => other === entry) < i);
  if (repeated)
    throw new EbmError('argument', `${where}: two parameters cannot both be "${repeated[1]}". Name them apart.`);
  return Object.fromEntries(
    pairs.map(([name, entry]) => {
      const given = params[name] as PlainTensor | undefined;
      if (!given)
        throw new EbmError('argument', `${where}: expected a parameter ${name}, got none. Leave its name out.`);
      const tensor = checkedReal(where, name, given, name === 'weight' ? 2 : 1);
      return [entry, name === 'weight' && options.transposed ? transposed(tensor) : tensor];
    }),
  );
}
