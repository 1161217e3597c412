import type { SampledArray } from '@ebmkit/diagnostics';
import { axisSpan, roundSpan } from '../axis-scale.js';
import { requireList } from '../chart-size.js';
import { counted, isDrawable } from '../drawable-values.js';
import { briefNumber } from '../draws/number-in-words.js';
import { drawLine, type Sight } from '../line-marks.js';
import { element } from '../markup.js';
import { drawPanelGrid, type Panel, type PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { drawPoints } from '../scatter-chart.js';
import { type SeriesLook, seriesLook, theme } from '../theme.js';
import { ladderFromTarget } from './ladder-records.js';
import type { ReplicaFlow } from './replica-flow.js';

/** What {@link temperingLadder} draws. */
export interface TemperingLadderOptions extends PanelOptions {
  /** The inverse temperature of each rung, from the target to the hottest or, as `parallelTempering` has them, from the hottest to the target. */
  readonly betas: ArrayLike<number>;
  /** The share of proposed swaps that were accepted, between each rung of `betas` and the next. */
  readonly acceptance?: ArrayLike<number>;
  /**
   * Which replica is at each rung after each step, `{ data, shape: [steps, rungs] }` or, with several chains, `[steps, chains, rungs]`; each
   * step of a chain has every replica once. Round trips and shares are those of all chains, the paths those of the first.
   */
  readonly replicas?: SampledArray;
}

const sight: Sight = { x: () => true, y: isDrawable };
const others: SeriesLook = { colour: theme.muted, dash: undefined };

/**
 * Draws how replicas move over the ladder of a parallel-tempering run.
 *
 * The panels are the acceptance of swaps between neighbouring rungs, the rung of each replica over time, the round trips
 * (target to hottest rung and back) that have been completed, and at each rung the share of replicas that come from the
 * target. Where that share falls steeply, or the acceptance is low, a rung is missing; the dashed straight line is the share
 * of the ladder that makes the most round trips. Where swaps alternate between even and odd pairs, as in `parallelTempering`, shares of
 * neighbouring rungs zigzag about their trend, which is what to look at. Panels whose data were not given are left out.
 *
 * @param options - the inverse temperatures with the acceptance, the replicas or both, and the layout
 * @returns the panels as one SVG picture, 760 pixels wide unless told
 * @throws TypeError when a list is not an array of numbers
 * @throws RangeError when there are fewer than 2 rungs, neither acceptance nor replicas are given, lengths do not fit, a step
 * does not have every replica once, or a size is out of range
 * @example
 * ```ts
 * const picture = temperingLadder({ betas: [1, 0.6, 0.3, 0.1], acceptance: [0.4, 0.35, 0.5] });
 * // Of a run: `replicas: { data: stats.moves.replica, shape: [steps, chains, betas.length] }`.
 * ```
 * @see Katzgraber, Trebst, Huse and Troyer 2006, Feedback-optimized parallel tempering, doi:10.1088/1742-5468/2006/03/P03018
 */
export function temperingLadder(options: TemperingLadderOptions): Picture {
  const { betas, acceptance, replicas } = options;
  requireList('temperingLadder', 'betas', betas);
  const rungs = betas.length;
  checkLadder(rungs, acceptance, replicas);
  const ladder = ladderFromTarget({ betas, acceptance, replicas });
  const labels = rungLabels(ladder.betas);
  const panels = ladder.acceptance ? [acceptancePanel(ladder.acceptance, rungs)] : [];
  let trips = '';
  if (ladder.flow) {
    const { flow } = ladder;
    const steps = flow.trips.length;
    trips = `, ${counted(flow.trips.at(-1) ?? 0, 'round trip')} in ${counted(steps, 'step')}`;
    panels.push(fractionPanel(flow.fractions, labels), pathPanel(flow, steps), tripPanel(flow.trips, steps));
  }
  return drawPanelGrid('temperingLadder', {
    options,
    usualHeight: 150,
    usualColumns: Math.min(2, panels.length),
    panels,
    legend: [],
    notes: [],
    description: options.description ?? `Tempering ladder of ${rungs} rungs${trips}`,
  });
}

function checkLadder(
  rungs: number,
  acceptance: ArrayLike<number> | undefined,
  replicas: SampledArray | undefined,
): void {
  if (rungs < 2) {
    throw new RangeError(
      `temperingLadder: betas must have at least 2 rungs, got ${rungs}. Pass all inverse temperatures.`,
    );
  }
  if (!acceptance && !replicas) {
    throw new RangeError('temperingLadder: acceptance, replicas or both are required, got neither. Pass one of them.');
  }
  if (acceptance) {
    requireList('temperingLadder', 'acceptance', acceptance);
    if (acceptance.length !== rungs - 1) {
      throw new RangeError(
        `temperingLadder: acceptance must have ${rungs - 1} shares for ${rungs} rungs, got ${acceptance.length}. Give one for each pair of neighbours.`,
      );
    }
  }
  if (replicas) checkReplicas(replicas, rungs);
}

function checkReplicas({ data, shape }: SampledArray, rungs: number): void {
  requireList('temperingLadder', 'data of replicas', data);
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  if (![2, 3].includes(shape.length) || shape.at(-1) !== rungs || rows < 1 || data.length !== rows * rungs) {
    throw new RangeError(
      `temperingLadder: replicas must have the shape [steps, ${rungs}] or [steps, chains, ${rungs}], got [${shape.join(', ')}] with ${data.length} numbers. Give one replica for each rung of each step.`,
    );
  }
  for (let row = 0; row < rows; row += 1) {
    const seen = new Set<number>();
    for (let rung = 0; rung < rungs; rung += 1) {
      const replica = data[row * rungs + rung] as number;
      if (Number.isInteger(replica) && replica >= 0 && replica < rungs) seen.add(replica);
    }
    if (seen.size !== rungs) {
      throw new RangeError(
        `temperingLadder: each step must have the replicas 0 to ${rungs - 1} once each, step ${Math.floor(row / (shape.length === 3 ? (shape[1] ?? 1) : 1))} has ${seen.size} of them. Pass the replica at each rung.`,
      );
    }
  }
}

/** The inverse temperatures of as many rungs as there is room for. */
function rungLabels(betas: ArrayLike<number>): { readonly value: number; readonly label: string }[] {
  const every = Math.ceil(betas.length / 7);
  return Array.from(betas, (beta, value) => ({ value, label: briefNumber(beta) })).filter(
    ({ value }) => value % every === 0,
  );
}

function acceptancePanel(acceptance: ArrayLike<number>, rungs: number): Panel {
  const x = Float64Array.from({ length: acceptance.length }, (_, pair) => pair + 0.5);
  const every = Math.ceil(acceptance.length / 7);
  return {
    title: 'Swaps accepted',
    detail: `least ${briefNumber(Math.min(...Array.from(acceptance).filter(isDrawable)))}`,
    x: { log: false, domain: [0, rungs - 1] },
    y: { log: false, domain: [0, 1.02] },
    xMarks: Array.from(x, (value, pair) => ({ value, label: `${pair}–${pair + 1}` })).filter((_, i) => i % every === 0),
    xLabel: 'rungs',
    draw: (placed) => [
      drawLine({ name: '', x, y: acceptance }, seriesLook(0), placed, sight, { strokeWidth: 1.2 }),
      drawPoints({ x, y: acceptance }, (a, b) => [placed.x.place(a), placed.y.place(b)], {
        radius: 3,
        colour: seriesLook(0).colour,
        opacity: 1,
      }),
    ],
  };
}

function fractionPanel(fractions: Float64Array, xMarks: Panel['xMarks'] & object): Panel {
  const x = Float64Array.from(fractions, (_, rung) => rung);
  const last = fractions.length - 1;
  return {
    title: 'Share that comes from the target',
    x: { log: false, domain: [-0.15, last + 0.15] },
    y: { log: false, domain: [-0.04, 1.06] },
    xMarks,
    xLabel: 'inverse temperature of the rung',
    draw: (placed) => {
      const place = (a: number, b: number) => [placed.x.place(a), placed.y.place(b)] as const;
      const [x1, y1] = place(0, 1);
      const [x2, y2] = place(last, 0);
      return [
        element('line', { x1, y1, x2, y2, style: `stroke:${theme.muted};stroke-dasharray:4 4` }),
        drawLine({ name: '', x, y: fractions }, seriesLook(2), placed, sight),
        drawPoints({ x, y: fractions }, place, { radius: 3, colour: seriesLook(2).colour, opacity: 1 }),
      ];
    },
  };
}

/** The most steps of a path: replicas move at almost every one, and more of them would be a solid block. */
const mostPathSteps = 150;

function pathPanel({ rungs: paths }: ReplicaFlow, allSteps: number): Panel {
  const steps = Math.min(allSteps, mostPathSteps);
  const x = Float64Array.from({ length: steps }, (_, step) => step + 1);
  const every = Math.ceil(paths.length / 6);
  return {
    title: 'Paths of replicas',
    ...(steps < allSteps && { detail: `first ${steps} steps` }),
    x: axisSpan([1, steps], { log: false, padding: 0 }),
    y: { log: false, domain: [-0.3, paths.length - 0.7] },
    yMarks: paths.map((_, rung) => ({ value: rung, label: `${rung}` })).filter((_, rung) => rung % every === 0),
    xLabel: 'step',
    yLabel: 'rung',
    draw: (placed) =>
      paths
        .map((y, replica) =>
          drawLine({ name: '', x, y: y.subarray(0, steps) }, replica === 0 ? seriesLook(0) : others, placed, sight, {
            strokeWidth: replica === 0 ? 1.5 : 0.8,
            opacity: replica === 0 ? 1 : 0.25,
            digits: 1,
          }),
        )
        .reverse(),
  };
}

function tripPanel(trips: Float64Array, steps: number): Panel {
  const x = Float64Array.from({ length: steps }, (_, step) => step + 1);
  return {
    title: 'Round trips',
    detail: `${(trips.at(-1) ?? 0).toLocaleString('en-GB')} in all`,
    x: axisSpan([1, steps], { log: false, padding: 0 }),
    y: roundSpan({ log: false, domain: [0, Math.max(1, trips.at(-1) ?? 0)] }),
    xLabel: 'step',
    draw: (placed) => [drawLine({ name: '', x, y: trips }, seriesLook(0), placed, sight, { digits: 1 })],
  };
}
