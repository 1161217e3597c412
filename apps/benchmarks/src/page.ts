import { htmlReport, lineChart, type Picture, type ReportHighlight, type ReportSection } from '@ebmkit/plot';
import { type Bar, barChart } from './bar-chart.js';
import type { BenchResults, Measurement, RowResult } from './results.js';
import { boundText, ratioText, short, spreadText, statusText, throughputText } from './row-texts.js';

const groupsOf = (rows: readonly RowResult[]): string[] => [...new Set(rows.map(({ group }) => group))];

function barsOf(row: RowResult): Picture {
  const bars = row.measurements.map((m): Bar => {
    const colour = m.isOurs ? 'ours' : 'peer';
    if (m.status !== 'ok' || !m.spread)
      return { label: m.contender, value: undefined, note: statusText(m).slice(0, 70), colour };
    const { median, lower, upper } = m.spread;
    const note = `${short(median)} ms${m.contender === row.baseline ? '' : `, ${ratioText(m, row)}`}`;
    return { label: m.contender, value: median, note, range: [lower, upper], colour };
  });
  const bound: Bar[] =
    row.bound === undefined
      ? []
      : [{ label: 'bound, one core', value: row.bound, note: `${short(row.bound)} ms`, colour: 'bound' }];
  return barChart(`${row.title}: ${row.size}`, 'ms', [...bars, ...bound]);
}

/** The same kind of work at several sizes: time over size, a line for each contender. */
function scaleCharts(rows: readonly RowResult[]): Picture[] {
  const scales = ['small', 'medium', 'large'];
  const names = [...new Set(rows.map(({ workload }) => workload))];
  return names.flatMap((name) => {
    const mine = rows.filter(({ workload, size }) => workload === name && scales.includes(size));
    if (mine.length < 2) return [];
    const contenders = [...new Set(mine.flatMap(({ measurements }) => measurements.map(({ contender }) => contender)))];
    const series = contenders.flatMap((contender) => {
      const points = mine.flatMap((row) => {
        const found = row.measurements.find((m) => m.contender === contender && m.status === 'ok' && m.spread);
        const { chains = row.parameters.batch, dim } = row.parameters;
        return found?.spread ? [{ x: Number(chains) * Number(dim), ...found.spread }] : [];
      });
      if (points.length === 0) return [];
      return [
        {
          name: contender,
          x: points.map(({ x }) => x),
          y: points.map(({ median }) => median),
          band: { lower: points.map(({ lower }) => lower), upper: points.map(({ upper }) => upper) },
        },
      ];
    });
    if (series.length === 0) return [];
    const title = `${mine[0]?.title ?? name}, by size`;
    return [
      lineChart({ title, xLabel: 'numbers in a state of all chains', yLabel: 'ms', logX: true, logY: true, series }),
    ];
  });
}

function sectionOf(group: string, rows: readonly RowResult[]): ReportSection {
  const mine = rows.filter((row) => row.group === group);
  const cells = mine.flatMap((row) =>
    row.measurements.map((m) => [
      `${row.workload} ${row.size}`,
      m.contender,
      m.spread ? `${short(m.spread.median)} ${spreadText(m)}` : '–',
      ratioText(m, row),
      throughputText(m, row),
      boundText(m, row),
      statusText(m),
    ]),
  );
  return {
    heading: group,
    table: {
      columns: ['row', 'contender', 'median ms', 'time / ours', 'throughput', 'of the bound', 'quality'],
      rows: cells,
    },
    pictures: [...scaleCharts(mine), ...mine.map(barsOf)].map((picture) => ({ picture })),
  };
}

/** Every comparison of a peer with the baseline. */
function comparisons(rows: readonly RowResult[]): { row: RowResult; peer: Measurement; ratio: number }[] {
  return rows.flatMap((row) =>
    row.measurements.flatMap((peer) =>
      peer.isOurs || !peer.ratio || peer.status !== 'ok' ? [] : [{ row, peer, ratio: peer.ratio.median }],
    ),
  );
}

function overview(rows: readonly RowResult[]): ReportSection {
  const pairs = comparisons(rows).sort((a, b) => a.ratio - b.ratio);
  return {
    heading: 'Where ebmkit loses, and where it wins',
    text: 'Every comparison with a peer, one thread each. Below 1 the peer is faster. A row whose quality check failed is not counted.',
    table: {
      columns: ['row', 'peer', 'peer ms', 'ebmkit ms', 'peer / ebmkit', 'quartiles', 'who is faster'],
      rows: pairs.map(({ row, peer, ratio }) => {
        const own = row.measurements.find(({ contender }) => contender === row.baseline);
        return [
          `${row.workload} ${row.size}`,
          peer.contender,
          short(peer.spread?.median ?? Number.NaN),
          short(own?.spread?.median ?? Number.NaN),
          short(ratio),
          peer.ratio ? `${short(peer.ratio.lower)} to ${short(peer.ratio.upper)}` : '–',
          ratio < 1 ? peer.contender : 'ebmkit',
        ];
      }),
    },
  };
}

function highlightsOf({ rows, limits }: BenchResults): ReportHighlight[] {
  const pairs = comparisons(rows);
  const failed = rows.flatMap(({ measurements }) => measurements).filter(({ status }) => status === 'failed').length;
  const wins = pairs.filter(({ ratio }) => ratio >= 1).length;
  return [
    ...(pairs.length > 0
      ? [{ label: 'comparisons won', value: `${wins} of ${pairs.length}`, detail: 'one thread each' }]
      : []),
    { label: 'failed quality checks', value: failed, detail: 'not counted' },
    { label: 'peak of one core', value: `${short(limits.gflops)} GFLOP/s`, detail: '128-bit SIMD in WebAssembly' },
    { label: 'memory', value: `${short(limits.gbytes)} GB/s`, detail: 'read by one core' },
    { label: 'random words', value: `${short(limits.gwords)} G/s`, detail: 'xoshiro128++, four lanes' },
  ];
}

/** The page: what was lost and won, a section for each kind of work, and how it was measured. */
export function writePage(results: BenchResults): string {
  const { rows, machine, versions, absent, date, command } = results;
  const hasPeers = comparisons(rows).length > 0;
  return htmlReport({
    title: 'How fast ebmkit is',
    subtitle: `Measured ${date}. Medians of interleaved rounds; the spread is half the interquartile range.`,
    highlights: highlightsOf(results),
    sections: [...(hasPeers ? [overview(rows)] : []), ...groupsOf(rows).map((group) => sectionOf(group, rows))],
    metadata: {
      command,
      ...machine,
      ...Object.fromEntries(
        Object.entries(versions).map(([name, entries]) => [
          name,
          Object.entries(entries)
            .map(([part, version]) => `${part} ${version}`)
            .join(', '),
        ]),
      ),
      ...Object.fromEntries(Object.entries(absent).map(([name, reason]) => [`absent: ${name}`, reason])),
    },
  });
}
