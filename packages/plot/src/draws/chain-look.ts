import type { LegendEntry } from '../legend.js';
import { type SeriesLook, seriesLook } from '../theme.js';

/** The most chains that a legend lists. */
const mostInLegend = 16;

/** The legend of chains, without entries when there is one chain only or too many to list. */
export function chainLegend(chains: number, mark: LegendEntry['mark']): LegendEntry[] {
  if (chains === 1 || chains > mostInLegend) return [];
  return Array.from({ length: chains }, (_, index) => ({ name: `chain ${index}`, look: seriesLook(index), mark }));
}

/** The look of what belongs to all chains together: the first series. */
export const pooledLook: SeriesLook = seriesLook(0);
