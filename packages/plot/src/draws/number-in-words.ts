/** A number with three significant digits and a true minus sign, for the small print of a picture. */
export function briefNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e6 || size < 1e-3)
      ? value.toExponential(1)
      : value.toLocaleString('en-GB', { maximumSignificantDigits: 3 });
  return text.replaceAll('-', '−');
}
