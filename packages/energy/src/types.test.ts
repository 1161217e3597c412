import { type Tensor, tensor } from '@ebmkit/tensor';
import { expect, expectTypeOf, test } from 'vitest';
import {
  type BlockConditional,
  bind,
  type ContinuousEnergy,
  clamp,
  type DiscreteEnergy,
  type Energy,
  type EnergyModel,
  gaussian,
  mixture,
  negate,
  product,
  temper,
} from './index.js';

const discrete: DiscreteEnergy = { energy: (x: Tensor) => x, support: 'discrete' };
const unsaid: Energy = { energy: (x: Tensor) => x };
const literal = { energy: (x: Tensor) => x };
const normal = gaussian({ mean: [0] });

test('the algebra carries the support, in the type and in the value', () => {
  expectTypeOf(product([normal, literal])).toEqualTypeOf<ContinuousEnergy>();
  expectTypeOf(product([discrete, discrete])).toEqualTypeOf<DiscreteEnergy>();
  expectTypeOf(product([discrete, normal])).toEqualTypeOf<Energy>();
  expectTypeOf(mixture([normal, normal])).toEqualTypeOf<ContinuousEnergy>();
  expectTypeOf(negate(discrete)).toEqualTypeOf<DiscreteEnergy>();
  expectTypeOf(temper(unsaid, 2)).toEqualTypeOf<Energy>();
  expectTypeOf(temper(normal, 2)).toEqualTypeOf<ContinuousEnergy>();
  expectTypeOf(clamp(discrete, tensor([true]), 1).support).toEqualTypeOf<'discrete'>();
  expect(product([discrete, normal]).support).toBe('discrete');
  expect(mixture([normal, discrete]).support).toBe('discrete');
  expect(product([normal, literal]).support).toBe('continuous');
  for (const e of [negate(discrete), temper(discrete, 2), clamp(discrete, tensor([true]), 1)])
    expect(e.support).toBe('discrete');
});

test('energies over trees of tensors compose too', () => {
  type Layers = { readonly visible: Tensor; readonly hidden: Tensor };
  const layered: Energy<Layers> = { energy: ({ visible }) => visible };
  expectTypeOf(temper(layered, 2)).toEqualTypeOf<Energy<Layers>>();
  expectTypeOf(product([layered, layered])).toEqualTypeOf<Energy<Layers>>();
});

test('a bound model keeps its support and its block conditionals', () => {
  type P = { readonly weight: Tensor };
  const conditional: BlockConditional<'visible' | 'hidden'> = {
    blocks: ['hidden', 'visible'],
    sampleBlock: (_, __, x) => x.visible as Tensor,
  };
  const machine = {
    init: (): P => ({ weight: tensor([1]) }),
    energy: (_: P, x: Tensor) => x,
    support: 'discrete' as const,
    conditional: (params: P) => ({ ...conditional, finite: () => params.weight }),
  };
  const params = machine.init();
  const bound = bind(machine, params);
  expectTypeOf(bound).toExtend<DiscreteEnergy & BlockConditional<'visible' | 'hidden'>>();
  expect(bound.blocks).toEqual(['hidden', 'visible']);
  expect(bound.support).toBe('discrete');
  const plain: EnergyModel<P> = { init: machine.init, energy: (_, x) => x };
  expectTypeOf(bind(plain, params)).toEqualTypeOf<Energy>();
  // @ts-expect-error a model without conditionals has no blocks
  expect(bind(plain, params).blocks).toBeUndefined();
  // @ts-expect-error these are not the parameters of the model
  bind(machine, { bias: tensor([1]) });
});
