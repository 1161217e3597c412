/**
 * Refuses a count that is not a positive whole number.
 *
 * @param where - name of the calling function, which starts the error message
 * @param name - name of the option
 * @param count - the number to judge
 * @throws RangeError when it is not a positive whole number
 */
export function checkCount(where: string, name: string, count: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`${where}: expected ${name} to be a positive whole number, got ${count}. Give at least 1.`);
  }
}
