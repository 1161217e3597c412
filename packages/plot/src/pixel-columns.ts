/**
 * The points of a line that can be seen: of each run of points within one pixel column the first, the lowest, the highest
 * and the last (the M4 aggregation of Jugel et al. 2014, doi:10.14778/2732951.2732953). A long line becomes a short path
 * that covers the same pixels. Points that are not defined stay, so that gaps stay.
 */
export function visiblePoints(
  count: number,
  defined: (index: number) => boolean,
  place: (index: number) => readonly [number, number],
): number[] {
  const kept: number[] = [];
  let run: { column: number; first: number; last: number; lowest: number; highest: number } | undefined;
  const close = () => {
    if (run) kept.push(...[...new Set([run.first, run.lowest, run.highest, run.last])].sort((a, b) => a - b));
    run = undefined;
  };
  for (let index = 0; index < count; index += 1) {
    if (!defined(index)) {
      close();
      if (kept.length === 0 || defined(kept.at(-1) ?? 0)) kept.push(index);
      continue;
    }
    const [x, y] = place(index);
    const column = Math.floor(x);
    if (run?.column !== column) {
      close();
      run = { column, first: index, last: index, lowest: index, highest: index };
      continue;
    }
    run.last = index;
    if (y < place(run.lowest)[1]) run.lowest = index;
    if (y > place(run.highest)[1]) run.highest = index;
  }
  close();
  return kept;
}
