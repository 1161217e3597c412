/** A running $`\log \sum e^x`$ in double precision, without overflow. */
export interface LogSum {
  /** Takes in more numbers. */
  readonly add: (numbers: ArrayLike<number>) => void;
  /** The log of the sum so far; −Infinity before the first number. */
  readonly value: () => number;
}

/** Starts a running log of a sum of exponentials. A NaN makes it NaN. */
export function logSum(): LogSum {
  let top = Number.NEGATIVE_INFINITY;
  let total = 0;
  const add = (x: number): void => {
    if (x <= top) total += x === top ? 1 : Math.exp(x - top);
    else if (x === Number.NEGATIVE_INFINITY) return;
    else {
      total = total * Math.exp(top - x) + 1;
      top = x;
    }
  };
  return {
    add: (numbers) => {
      for (let i = 0; i < numbers.length; i++) add(numbers[i] as number);
    },
    value: () => top + Math.log(total),
  };
}
