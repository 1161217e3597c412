import { EbmError, isTensor, type TensorLike } from '@ebmkit/tensor';

/** Throws unless the step size is a positive number or a scalar tensor. */
export function checkStepSize(caller: string, stepSize: TensorLike): void {
  const fits = isTensor(stepSize) ? stepSize.shape.length === 0 : stepSize > 0 && Number.isFinite(stepSize);
  if (!fits)
    throw new EbmError(
      'argument',
      `${caller}: stepSize must be a positive number or a scalar tensor, got ${isTensor(stepSize) ? `a tensor [${stepSize.shape.join(', ')}]` : String(stepSize)}. Try 0.1 times the smallest variance of the target.`,
    );
}
