import { EbmError, isTensor, type TensorLike } from '@ebmkit/tensor';

const shown = (value: TensorLike): string => (isTensor(value) ? `a tensor [${value.shape.join(', ')}]` : String(value));

/** Throws unless the option is a scalar tensor or a positive finite number. */
export function checkPositive(caller: string, name: string, value: TensorLike, advice: string): void {
  const fits = isTensor(value) ? value.shape.length === 0 : value > 0 && Number.isFinite(value);
  if (!fits)
    throw new EbmError(
      'argument',
      `${caller}: ${name} must be a positive number or a scalar tensor, got ${shown(value)}. ${advice}`,
    );
}

/** Throws unless the option is a scalar tensor or a number from `low` up to, but below, `high`. */
export function checkWithin(caller: string, name: string, value: TensorLike, low: number, high: number): void {
  const fits = isTensor(value) ? value.shape.length === 0 : value >= low && value < high;
  if (!fits)
    throw new EbmError(
      'argument',
      `${caller}: ${name} must be a number of at least ${low} and below ${high}, or a scalar tensor, got ${shown(value)}.`,
    );
}

/** Throws unless the step size of a Hamiltonian kernel is a positive number or a scalar tensor. */
export function checkTimeStep(caller: string, stepSize: TensorLike): void {
  checkPositive(caller, 'stepSize', stepSize, 'Try half the smallest standard deviation of the target.');
}
