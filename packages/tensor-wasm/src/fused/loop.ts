import { sizeOf } from '@ebmkit/tensor';
import type { I32 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { choose, i32, int } from '../assembler/scalar.js';
import type { FusedNode, Group } from '../compiler/group.js';
import type { BufferId } from '../compiler/view.js';
import type { Phase } from '../kernels/step-kernel.js';
import { inStep } from '../math/in-step.js';
import { type Accumulator, makeAccumulator } from './accumulator.js';
import { shifted } from './lanes.js';
import { LoopBody, type Scope } from './loop-body.js';
import { bytesOf, type LoopLayout, layOut, type Slot } from './slots.js';

/** Functions that keep the processor waiting for their own intermediate results. */
const slowFunctions: ReadonlySet<string> = new Set([
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'softplus',
  'erf',
  'erfinv',
  'pow',
]);
/** Loops of more operations are not done two vectors at a time. */
const mostPaired = 24;

/** Rows of one unit of work of a loop over a single axis. */
const rowsPerUnit = 64;

/** The buffers that a loop reads and writes, each once. */
export function buffersOf({ nodes }: Group): readonly BufferId[] {
  const found = new Set<BufferId>();
  for (const { operands, store } of nodes) {
    for (const operand of operands) if (operand.kind === 'access') found.add(operand.view.buffer);
    if (store !== undefined) found.add(store);
  }
  return [...found];
}

class LoopWriter {
  readonly #pointers = new Map<Slot, I32>();
  readonly #accumulators = new Map<FusedNode, Accumulator>();
  readonly #body: LoopBody;
  readonly #last: number;
  readonly #slots: readonly Slot[];

  readonly #f: FunctionBuilder;
  readonly #group: Group;
  readonly #layout: LoopLayout;
  readonly #mayOverrun: boolean;

  constructor(f: FunctionBuilder, group: Group, layout: LoopLayout, mayOverrun: boolean) {
    this.#f = f;
    this.#group = group;
    this.#layout = layout;
    this.#mayOverrun = mayOverrun;

    this.#last = layout.axes.length - 1;
    this.#slots = [...layout.read.values(), ...layout.written.values(), ...layout.counted.values()];
    const places = buffersOf(group);
    for (const slot of this.#slots) {
      const start = slot.buffer < 0 ? int(0) : f.parameter(2 + places.indexOf(slot.buffer));
      this.#pointers.set(slot, slot.offset === 0 ? start : f.let(shifted(start, slot.offset * bytesOf(slot))));
    }
    for (const node of group.nodes)
      if (node.reducedRow !== undefined) this.#accumulators.set(node, makeAccumulator(f, node.op, node.dtype));
    this.#body = new LoopBody(group, layout, this.#pointers, this.#accumulators);
  }

  write(): void {
    const [f, layout] = [this.#f, this.#layout];
    const length = layout.axes[0] as number;
    const isWhole = [...layout.boundary.values()].includes(0);
    if (this.#last > 0) {
      const [begin, end] = isWhole ? [int(0), int(length)] : [f.parameter(0), f.parameter(1)];
      this.#axis(0, begin, end);
      return;
    }
    const limit = this.#mayOverrun ? length : length - (length % 4);
    const [begin, end] = isWhole
      ? [int(0), int(limit)]
      : [f.let(i32.mul(f.parameter(0), int(rowsPerUnit))), f.let(i32.mul(f.parameter(1), int(rowsPerUnit)))];
    const until = isWhole ? end : f.let(choose(i32.ltS(end, int(limit)), end, int(limit)));
    this.#axis(0, begin, until, isWhole ? undefined : i32.geS(end, int(length)));
  }

  /** One axis of the loop, with the accumulations that begin there. */
  #axis(depth: number, begin: I32, end: I32, isEnd?: I32): void {
    const [f, layout] = [this.#f, this.#layout];
    const starting = [...layout.boundary].filter(([, at]) => at === depth).map(([node]) => node);
    for (const node of starting) this.#accumulators.get(node)?.reset();
    if (depth === this.#last) this.#rows(begin, end, isEnd);
    else {
      const saved = new Map(this.#pointers);
      f.for(begin, end, 1, (i) => {
        for (const slot of this.#slots) {
          const step = (slot.strides[depth] as number) * bytesOf(slot);
          if (step !== 0) this.#pointers.set(slot, f.let(i32.add(saved.get(slot) as I32, i32.mul(i, int(step)))));
        }
        const isLast = depth + 1 === this.#last;
        this.#axis(depth + 1, int(0), int(isLast ? this.#wholeRows() : (layout.axes[depth + 1] as number)));
      });
      for (const [slot, pointer] of saved) this.#pointers.set(slot, pointer);
    }
    for (const node of starting) this.#finish(node);
  }

  /** Rows of the last axis that whole vectors cover, when it is not cut into units. */
  #wholeRows(): number {
    const length = this.#layout.axes[this.#last] as number;
    return length - (length % 4);
  }

  #finish(node: FusedNode): void {
    const total = (this.#accumulators.get(node) as Accumulator).total();
    const address = this.#pointers.get(this.#layout.written.get(node) as Slot) as I32;
    if (total.type === 'f32') this.#f.storeF32(address, total);
    else this.#f.storeI32(address, total);
  }

  /** Whether two vectors side by side are faster than one after the other: where functions take long, and registers suffice. */
  #isWorthPairing(): boolean {
    const { nodes, rowSize } = this.#group;
    const length = this.#layout.axes[this.#last] as number;
    return length >= 32 && nodes.length * rowSize <= mostPaired && nodes.some(({ op }) => slowFunctions.has(op));
  }

  /** The innermost axis: whole vectors, then what is left. */
  #rows(begin: I32, end: I32, isEnd?: I32): void {
    const f = this.#f;
    const rest = this.#mayOverrun && this.#last === 0 ? 0 : (this.#layout.axes[this.#last] as number) % 4;
    const known: Scope = { f, row: int(0), values: new Map(), lanes: 4 };
    this.#body.hoist(known);
    const four = (to: FunctionBuilder, row: I32, lanes: number): void => {
      this.#body.write({ f: to, row, values: new Map(known.values), lanes });
    };
    if (this.#isWorthPairing()) {
      const i = f.let(begin);
      const until = f.let(end);
      f.while(i32.ltS(i32.add(i, int(4)), until), () => {
        inStep(
          f,
          [0, 4].map((ahead) => (to: FunctionBuilder) => four(to, ahead === 0 ? i : to.let(i32.add(i, int(ahead))), 4)),
        );
        f.increase(i, 8);
      });
      f.if(i32.ltS(i, until), () => four(f, i, 4));
    } else f.for(begin, end, 4, (i) => four(f, i, 4));
    if (rest === 0) return;
    const tail = (): void => four(f, f.let(int(this.#wholeRows())), rest);
    if (isEnd) f.if(isEnd, tail);
    else tail();
  }
}

/** Whether the last vector may run over the end: every stream is dense enough that this stays within the padding. */
function mayOverrun({ axes, read, boundary, rowSize }: LoopLayout): boolean {
  if (axes.length > 1 || boundary.size > 0) return false;
  return [...read.values()].every(({ strides, inner }) => {
    const step = strides[0] as number;
    return (
      step >= 0 && step <= Math.max(1, rowSize) && inner.every((offset) => offset >= 0 && offset < Math.max(1, rowSize))
    );
  });
}

/** The bytes of a row, along the first axis, of each buffer of which every row is touched at its turn alone. */
function rowBytes(group: Group, { axes, read, written }: LoopLayout): Map<number, number> {
  const slots = [...read.values(), ...written.values()];
  const found = new Map<number, number>();
  buffersOf(group).forEach((buffer, operand) => {
    const own = slots.filter((slot) => slot.buffer === buffer);
    const step = own[0]?.strides[0] as number;
    const staysWithin = ({ strides, offset, inner }: Slot): boolean => {
      const reach = axes.reduce(
        (sum, length, axis) => (axis === 0 ? sum : sum + (strides[axis] as number) * (length - 1)),
        0,
      );
      const isForward = strides.every((stride) => stride >= 0) && Math.min(offset, ...inner) >= 0;
      return strides[0] === step && isForward && offset + reach + Math.max(...inner) < step;
    };
    if (own.every(staysWithin)) found.set(operand, step * bytesOf(own[0] as Slot));
  });
  return found;
}

/**
 * The code of a fused loop.
 *
 * @param group - The operations.
 */
export function fusedLoop(group: Group): Phase {
  const layout = layOut(group);
  const overrun = mayOverrun(layout);
  const length = layout.axes[0] as number;
  const isWhole = [...layout.boundary.values()].includes(0);
  const perUnit = layout.axes.length > 1 ? 1 : rowsPerUnit;
  const units = isWhole ? 1 : Math.ceil(length / perUnit);
  return {
    units,
    cost: 0.3 * sizeOf(layout.axes) * layout.rowSize * (group.nodes.length + 1),
    ...(!isWhole && { rowWise: { rows: length, perUnit, rowBytes: rowBytes(group, layout) } }),
    write: (module: ModuleBuilder): FunctionReference =>
      module.function(['i32', 'i32', ...buffersOf(group).map(() => 'i32' as const)], undefined, (f) => {
        new LoopWriter(f, group, layout, overrun).write();
      }),
  };
}
