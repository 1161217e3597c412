import type { Local } from '../../assembler/expression.js';
import type { FunctionBuilder } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import type { Phase } from '../step-kernel.js';

/** What the body of a phase works with: the parameters of its function by name. */
export interface PhaseCode {
  /** The module, for functions that several kernels share. */
  readonly module: ModuleBuilder;
  /** Writes the statements. */
  readonly f: FunctionBuilder;
  /** The first unit. */
  readonly begin: Local<'i32'>;
  /** The unit after the last. */
  readonly end: Local<'i32'>;
  /** Addresses of the inputs. */
  readonly inputs: readonly Local<'i32'>[];
  /** Address of the output. */
  readonly output: Local<'i32'>;
  /** Address of the scratch memory. */
  readonly scratch: Local<'i32'>;
}

/**
 * Makes a phase from the body of its function.
 *
 * @param inputs - How many inputs the kernel has.
 * @param units - How many units there are.
 * @param cost - A guess of the nanoseconds for all of them.
 * @param body - Writes the statements.
 */
export function makePhase(inputs: number, units: number, cost: number, body: (code: PhaseCode) => void): Phase {
  const parameters = Array.from({ length: inputs + 4 }, () => 'i32' as const);
  return {
    units,
    cost,
    write: (module) =>
      module.function(parameters, undefined, (f) =>
        body({
          module,
          f,
          begin: f.parameter(0),
          end: f.parameter(1),
          inputs: Array.from({ length: inputs }, (_, i) => f.parameter(2 + i)),
          output: f.parameter(2 + inputs),
          scratch: f.parameter(3 + inputs),
        }),
      ),
  };
}
