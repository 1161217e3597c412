/** Collects the bytes of a module. */
export interface ByteWriter {
  /** Appends one byte. */
  readonly byte: (value: number) => void;
  /** Appends bytes. */
  readonly bytes: (values: ArrayLike<number>) => void;
  /** Appends an unsigned number in LEB128. */
  readonly unsigned: (value: number) => void;
  /** Appends a signed 32-bit number in LEB128. */
  readonly signed: (value: number) => void;
  /** Appends a signed 64-bit number in LEB128. */
  readonly signed64: (value: bigint) => void;
  /** What has been collected. */
  readonly collected: readonly number[];
}

/** The bytes of an unsigned number in LEB128. */
export function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 127;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 128);
  } while (rest !== 0);
  return bytes;
}

/** Makes an empty writer. */
export function makeByteWriter(): ByteWriter {
  const collected: number[] = [];
  const byte = (value: number): void => {
    collected.push(value);
  };
  const signed64 = (value: bigint): void => {
    let rest = value;
    for (;;) {
      const low = Number(rest & 127n);
      rest >>= 7n;
      const done = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0);
      collected.push(done ? low : low | 128);
      if (done) return;
    }
  };
  return {
    collected,
    byte,
    bytes: (values) => {
      for (let i = 0; i < values.length; i++) collected.push(values[i] as number);
    },
    unsigned: (value) => {
      let rest = value >>> 0;
      while (rest > 127) {
        collected.push((rest & 127) | 128);
        rest >>>= 7;
      }
      collected.push(rest);
    },
    signed: (value) => {
      let rest = value | 0;
      for (;;) {
        const low = rest & 127;
        rest >>= 7;
        const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
        collected.push(done ? low : low | 128);
        if (done) return;
      }
    },
    signed64,
  };
}
