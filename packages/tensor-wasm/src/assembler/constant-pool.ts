/** Constants of generated code that live in memory, because engines load them from there faster than they make them. */
export interface ConstantPool {
  /** The address of a 32-bit word with these bits. */
  readonly addressOf: (bits: number) => number;
}

const bitsOfFloat = new DataView(new ArrayBuffer(4));

/** The bits of a number rounded to float32. */
export function floatBits(value: number): number {
  bitsOfFloat.setFloat32(0, value);
  return bitsOfFloat.getInt32(0);
}
