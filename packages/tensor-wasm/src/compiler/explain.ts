import type { ArenaLayout } from './arena.js';
import type { Chain } from './chain.js';
import type { Plan, Step } from './plan.js';

function amount(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function describeStep(step: Step): string | undefined {
  if (step.kind === 'kernel') return step.label;
  const { rows, rowSize, nodes } = step.group;
  const written = nodes.filter(({ store }) => store !== undefined).length;
  if (written === 0) return undefined;
  const size = rowSize === 1 ? String(rows) : `${rows} × ${rowSize}`;
  return `loop over ${size}: ${nodes.map(({ op }) => op).join(' ')}; ${written} written`;
}

/**
 * Tells how a graph was compiled: its steps in order, one a line, each a fused loop with its operations or a kernel, and what it takes.
 *
 * @param plan - The plan.
 * @param chains - Its chains.
 * @param arena - Where its temporaries are.
 * @param codeBytes - Bytes of code.
 */
export function explainPlan(plan: Plan, chains: readonly Chain[], arena: ArenaLayout, codeBytes: number): string {
  const lines: string[] = [];
  const numbers: number[] = [];
  plan.steps.forEach((step, index) => {
    const line = describeStep(step);
    if (line === undefined) return;
    numbers[index] = lines.length + 1;
    lines.push(`  ${numbers[index]} ${line}`);
  });
  const results = plan.outputs.reduce((total, bytes) => total + bytes, 0);
  return [
    `${lines.length} steps; temporaries ${amount(arena.bytes)}, results ${amount(results)}, code ${amount(codeBytes)}`,
    ...lines,
    ...chains.map(
      ({ first, last, quanta, perBlock }) =>
        `  ${numbers[first]} to ${numbers[last]} run together, in ${Math.ceil(quanta / perBlock)} blocks of rows`,
    ),
  ].join('\n');
}
