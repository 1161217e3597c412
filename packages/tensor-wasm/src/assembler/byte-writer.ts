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
  readonly collected: () => Uint8Array;
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

/** Pieces one after the other. */
export function joined(pieces: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Makes an empty writer. */
export function makeByteWriter(): ByteWriter {
  let room = new Uint8Array(1024);
  let used = 0;
  const byte = (value: number): void => {
    if (used === room.length) {
      const larger = new Uint8Array(2 * used);
      larger.set(room);
      room = larger;
    }
    room[used++] = value;
  };
  return {
    collected: () => room.subarray(0, used),
    byte,
    bytes: (values) => {
      for (let i = 0; i < values.length; i++) byte(values[i] as number);
    },
    unsigned: (value) => {
      let rest = value >>> 0;
      while (rest > 127) {
        byte((rest & 127) | 128);
        rest >>>= 7;
      }
      byte(rest);
    },
    signed: (value) => {
      let rest = value | 0;
      for (;;) {
        const low = rest & 127;
        rest >>= 7;
        const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
        byte(done ? low : low | 128);
        if (done) return;
      }
    },
    signed64: (value) => {
      let rest = value;
      for (;;) {
        const low = Number(rest & 127n);
        rest >>= 7n;
        const done = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0);
        byte(done ? low : low | 128);
        if (done) return;
      }
    },
  };
}
