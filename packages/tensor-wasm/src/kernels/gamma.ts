import { sizeOf, type TensorType } from '@ebmkit/tensor';
import type { F64, I32, Local } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { double, f32, f64, i32, i64, int, long } from '../assembler/scalar.js';
import { doubleCosine, doubleExp, doubleLog } from '../math/double.js';
import type { KernelRule } from './step-kernel.js';
import { threefryPair } from './threefry.js';

/** Writes `next`: the upper 24 bits of the following word of the element's stream. */
function makeNext(f: FunctionBuilder, pair: FunctionReference<'i64'>, key: readonly [I32, I32]): () => Local<'i32'> {
  const drawn = f.local('i32');
  const word = f.local('i32');
  const spare = f.local('i32');
  return () => {
    f.if(
      i32.and(drawn, int(1)),
      () => f.set(word, spare),
      () => {
        const both = f.let(f.call(pair, [...key, i32.shrU(drawn, int(1)), int(0)]));
        f.set(word, i32.wrap(both));
        f.set(spare, i32.wrap(i64.shrU(both, long(32n))));
      },
    );
    f.increase(drawn, 1);
    return f.let(i32.shrU(word, int(8)));
  };
}

/** `log(1 - m 2⁻²⁴)`. */
function logOfRest(f: FunctionBuilder, m: I32): Local<'f64'> {
  return doubleLog(f, f64.mul(f64.convertS(i32.sub(int(1 << 24), m)), double(2 ** -24)));
}

/** The function `(k0, k1, element, shape)` whose result is one gamma variate: the steps of `fillGamma` of `@ebmkit/tensor`. */
function gammaVariate(module: ModuleBuilder): FunctionReference<'f64'> {
  return module.once('gamma variate', (own) => {
    const pair = threefryPair(own);
    return own.function(['i32', 'i32', 'i32', 'f64'], 'f64', (f) => {
      const [k0, k1, element] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      const shape = f.parameters[3] as Local<'f64'>;
      f.if(i32.eqz(f64.gt(shape, double(0))), () => f.return(double(Number.NaN)));
      f.if(f64.eq(shape, double(Number.POSITIVE_INFINITY)), () => f.return(shape));
      const seed = f.let(f.call(pair, [k0, k1, element, int(0x6a33a)]));
      const next = makeNext(f, pair, [f.let(i32.wrap(seed)), f.let(i32.wrap(i64.shrU(seed, long(32n))))]);
      const small = f.let(f64.lt(shape, double(1)));
      const d = f.let(f64.sub(f64.add(shape, f64.convertS(small)), double(1 / 3)));
      const c = f.let(f64.div(double(1), f64.sqrt(f64.mul(double(9), d))));
      const v = f.local('f64');
      const accepted = f.local('i32');
      f.doWhile(
        () => {
          const radius = f.let(f64.sqrt(f64.mul(double(-2), logOfRest(f, next()))));
          const x = f.let(f64.mul(radius, doubleCosine(f, next())));
          const root = f.let(f64.add(double(1), f64.mul(c, x)));
          f.set(v, f64.mul(f64.mul(root, root), root));
          f.if(f64.gt(v, double(0)), () => {
            const threshold = logOfRest(f, next());
            const slack: F64 = f64.mul(d, f64.add(f64.sub(double(1), v), doubleLog(f, v)));
            const bound = f64.add(f64.mul(f64.mul(double(0.5), x), x), slack);
            f.set(accepted, f64.lt(threshold, bound));
          });
        },
        () => i32.eqz(accepted),
      );
      f.if(small, () => f.return(f64.mul(f64.mul(d, v), doubleExp(f, f.let(f64.div(logOfRest(f, next()), shape))))));
      f.return(f64.mul(d, v));
    });
  });
}

/** Gamma variates of unit rate; each unit of work is one element. An infinite shape gives infinity. */
export const gammaRule: KernelRule = (inputs, _, output) => {
  const units = sizeOf(output.shape);
  const stride = sizeOf((inputs[1] as TensorType).shape) === 1 ? 0 : 4;
  return {
    scratch: 0,
    phases: [
      {
        units,
        cost: units * 80,
        write: (module) => {
          const variate = gammaVariate(module);
          return module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], undefined, (f) => {
            const [begin, end, keyAddress] = [f.parameter(0), f.parameter(1), f.parameter(2)];
            const [shapes, out] = [f.parameter(3), f.parameter(4)];
            const key = [f.let(i32.load(keyAddress)), f.let(i32.load(keyAddress, 4))] as const;
            f.for(begin, end, 1, (element) => {
              const shape = f64.promote(f32.load(i32.add(shapes, i32.mul(element, int(stride)))));
              const value = f.call(variate, [...key, element, shape]);
              f.storeF32(i32.add(out, i32.mul(element, int(4))), f32.demote(value));
            });
          });
        },
      },
    ],
  };
};
