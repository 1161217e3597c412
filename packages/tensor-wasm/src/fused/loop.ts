import type { Expression, I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { choose, i32, int } from '../assembler/scalar.js';
import { f32x4, i32x4, lanes32 } from '../assembler/vector.js';
import type { FusedNode, FusedOperand, Group } from '../compiler/group.js';
import { type BufferId, sizeOf } from '../compiler/view.js';
import type { Phase } from '../kernels/step-kernel.js';
import { type Accumulator, makeAccumulator } from './accumulator.js';
import {
  isTurnable,
  loadColumns,
  loadLanes,
  loadSplat,
  loadStrided,
  shifted,
  storeColumns,
  storeLanes,
  storeStrided,
} from './lanes.js';
import { mapOperations } from './map-operations.js';
import { type LoopLayout, layOut, type Slot } from './slots.js';

const bytesOf = ({ dtype, buffer }: Slot): number => (buffer < 0 || dtype === 'bool' ? 1 : 4);

/** Rows of one unit of work of a loop over a single axis. */
const rowsPerUnit = 512;

/** The buffers that a loop reads and writes, each once. */
export function buffersOf({ nodes }: Group): readonly BufferId[] {
  const found = new Set<BufferId>();
  for (const { operands, store } of nodes) {
    for (const operand of operands) if (operand.kind === 'access') found.add(operand.view.buffer);
    if (store !== undefined) found.add(store);
  }
  return [...found];
}

/** What is known at one place of the code: the values computed so far, and how many lanes count. */
interface Scope {
  readonly values: Map<string, V128>;
  readonly lanes: number;
}

class LoopWriter {
  private readonly pointers = new Map<Slot, I32>();
  private readonly accumulators = new Map<FusedNode, Accumulator>();
  private readonly numbers = new Map<FusedNode | Slot, number>();
  private readonly invariant: Scope = { values: new Map(), lanes: 4 };
  private readonly last: number;
  /** The running number of the first of four rows along the last axis. */
  private row: Local<'i32'>;
  private readonly slots: readonly Slot[];

  constructor(
    private readonly f: FunctionBuilder,
    private readonly group: Group,
    private readonly layout: LoopLayout,
    private readonly mayOverrun: boolean,
  ) {
    this.last = layout.axes.length - 1;
    this.slots = [...layout.read.values(), ...layout.written.values(), ...layout.counted.values()];
    const places = buffersOf(group);
    for (const slot of this.slots) {
      const start = slot.buffer < 0 ? int(0) : f.parameter(2 + places.indexOf(slot.buffer));
      this.pointers.set(slot, slot.offset === 0 ? start : f.let(shifted(start, slot.offset * bytesOf(slot))));
    }
    for (const node of group.nodes)
      if (node.reducedRow !== undefined) this.accumulators.set(node, makeAccumulator(f, node.op, node.dtype));
    this.row = f.local('i32');
  }

  write(): void {
    const { f, layout } = this;
    const length = layout.axes[0] as number;
    const isWhole = [...layout.boundary.values()].includes(0);
    if (this.last > 0) {
      const [begin, end] = isWhole ? [int(0), int(length)] : [f.parameter(0), f.parameter(1)];
      this.axis(0, begin, end);
      return;
    }
    const limit = this.mayOverrun ? length : length - (length % 4);
    const [begin, end] = isWhole
      ? [int(0), int(limit)]
      : [f.let(i32.mul(f.parameter(0), int(rowsPerUnit))), f.let(i32.mul(f.parameter(1), int(rowsPerUnit)))];
    const until = isWhole ? end : f.let(choose(i32.ltS(end, int(limit)), end, int(limit)));
    this.axis(0, begin, until, isWhole ? undefined : i32.geS(end, int(length)));
  }

  /** One axis of the loop, with the accumulations that begin there. */
  private axis(depth: number, begin: I32, end: I32, isEnd?: I32): void {
    const { f, layout } = this;
    const starting = [...layout.boundary].filter(([, at]) => at === depth).map(([node]) => node);
    for (const node of starting) this.accumulators.get(node)?.reset();
    if (depth === this.last) this.rows(begin, end, isEnd);
    else {
      const saved = new Map(this.pointers);
      f.for(begin, end, 1, (i) => {
        for (const slot of this.slots) {
          const step = (slot.strides[depth] as number) * bytesOf(slot);
          if (step !== 0) this.pointers.set(slot, f.let(i32.add(saved.get(slot) as I32, i32.mul(i, int(step)))));
        }
        const isLast = depth + 1 === this.last;
        this.axis(depth + 1, int(0), int(isLast ? this.wholeRows() : (layout.axes[depth + 1] as number)));
      });
      for (const [slot, pointer] of saved) this.pointers.set(slot, pointer);
    }
    for (const node of starting) this.finish(node);
  }

  /** Rows of the last axis that whole vectors cover, when it is not cut into units. */
  private wholeRows(): number {
    const length = this.layout.axes[this.last] as number;
    return length - (length % 4);
  }

  private finish(node: FusedNode): void {
    const total = (this.accumulators.get(node) as Accumulator).total();
    const address = this.pointers.get(this.layout.written.get(node) as Slot) as I32;
    if (total.type === 'f32') this.f.storeF32(address, total);
    else this.f.storeI32(address, total);
  }

  /** The innermost axis: whole vectors, then what is left. */
  private rows(begin: I32, end: I32, isEnd?: I32): void {
    const { f } = this;
    const rest = this.mayOverrun && this.last === 0 ? 0 : (this.layout.axes[this.last] as number) % 4;
    this.invariant.values.clear();
    this.hoist();
    f.for(begin, end, 4, (i) => {
      this.row = i;
      this.body({ values: new Map(this.invariant.values), lanes: 4 });
    });
    if (rest === 0) return;
    const tail = (): void => {
      this.row = f.let(int(this.wholeRows()));
      this.body({ values: new Map(this.invariant.values), lanes: rest });
    };
    if (isEnd) f.if(isEnd, tail);
    else tail();
  }

  /** Computes before the innermost loop what does not change in it. */
  private hoist(): void {
    const known = new Set<FusedNode>();
    const isStill = (operand: FusedOperand): boolean => {
      if (operand.kind === 'literal') return true;
      if (operand.kind === 'node') return known.has(operand.node);
      return this.isStill(this.layout.read.get(operand) as Slot);
    };
    for (const node of this.group.nodes) {
      if (node.op === 'iota' || node.reducedRow !== undefined || !node.operands.every(isStill)) continue;
      if (this.isRowSum(node) || this.isWhole(node)) continue;
      known.add(node);
      this.value(node, 0, this.invariant);
    }
    for (const slot of new Set(this.layout.read.values()))
      if (this.isStill(slot))
        for (let column = 0; column < slot.inner.length; column++) this.load(slot, column, this.invariant);
  }

  private isStill(slot: Slot): boolean {
    return slot.strides[this.last] === 0;
  }

  private isWhole({ size }: FusedNode): boolean {
    return this.layout.rowSize > 1 && size === this.group.rows * this.group.rowSize;
  }

  private isRowSum({ op, operands }: FusedNode): boolean {
    return op === 'sum' || op === 'max' || op === 'min' ? operands.length === 1 : false;
  }

  private body(scope: Scope): void {
    const { f, layout } = this;
    for (const node of this.group.nodes) {
      const accumulator = this.accumulators.get(node);
      if (accumulator) accumulator.add(this.operand(node, 0, 0, scope), scope.lanes);
      else {
        const slot = layout.written.get(node);
        if (!slot) continue;
        if (this.isWhole(node)) this.storeRows(node, slot, scope);
        else storeLanes(f, node.dtype, this.address(slot, 1), this.value(node, 0, scope), scope.lanes);
      }
    }
  }

  private storeRows(node: FusedNode, slot: Slot, scope: Scope): void {
    const { f } = this;
    const { rowSize } = this.layout;
    const columns = Array.from({ length: rowSize }, (_, column) => this.value(node, column, scope));
    const address = f.let(this.address(slot, rowSize));
    const isExact = scope.lanes < 4;
    if (node.dtype !== 'bool' && isTurnable(rowSize) && !isExact) storeColumns(f, rowSize, address, columns);
    else {
      const size = bytesOf(slot);
      columns.forEach((x, column) => {
        storeStrided(f, node.dtype, shifted(address, column * size), x, rowSize * size, scope.lanes);
      });
    }
  }

  /** Where the first of four rows is. */
  private address(slot: Slot, step: number): I32 {
    const bytes = step * bytesOf(slot);
    const moved = bytes === 1 ? this.row : i32.mul(this.row, int(bytes));
    const scaled = Number.isInteger(Math.log2(bytes)) && bytes > 1 ? i32.shl(this.row, int(Math.log2(bytes))) : moved;
    return i32.add(this.pointers.get(slot) as I32, scaled);
  }

  private numberOf(thing: FusedNode | Slot): number {
    const known = this.numbers.get(thing) ?? this.numbers.size;
    this.numbers.set(thing, known);
    return known;
  }

  private load(slot: Slot, column: number, scope: Scope): V128 {
    const name = `s${this.numberOf(slot)}.${slot.inner[column]}`;
    const known = scope.values.get(name);
    if (known) return known;
    const loaded = this.loaded(slot, column, scope);
    scope.values.set(name, loaded);
    return loaded;
  }

  private loaded(slot: Slot, column: number, scope: Scope): V128 {
    const { f } = this;
    const size = bytesOf(slot);
    const step = slot.strides[this.last] as number;
    const inner = (slot.inner[column] as number) * size;
    if (step === 0) return loadSplat(f, slot.dtype, shifted(this.pointers.get(slot) as I32, inner));
    const address = f.let(this.address(slot, step));
    if (step === 1) return loadLanes(f, slot.dtype, shifted(address, inner));
    const isRow = step === slot.inner.length && slot.inner.every((offset, i) => offset === i);
    if (!isRow || slot.dtype === 'bool' || !isTurnable(step))
      return loadStrided(f, slot.dtype, shifted(address, inner), step * size, scope.lanes);
    const columns = loadColumns(f, step, address);
    columns.forEach((x, i) => {
      scope.values.set(`s${this.numberOf(slot)}.${i}`, x);
    });
    return columns[column] as V128;
  }

  /** Operand `index` of a node, for one element of the row. */
  private operand(node: FusedNode, index: number, column: number, scope: Scope): V128 {
    const { f } = this;
    const operand = node.operands[index] as FusedOperand;
    if (operand.kind === 'literal') {
      if (operand.dtype === 'float32') return f.f32x4(operand.value);
      return f.i32x4(operand.dtype === 'bool' ? -Number(operand.value !== 0) : operand.value);
    }
    if (operand.kind === 'node') return this.value(operand.node, this.isWhole(operand.node) ? column : 0, scope);
    const slot = this.layout.read.get(operand) as Slot;
    return this.load(slot, slot.inner.length === 1 ? 0 : column, scope);
  }

  /** The value of a node for four rows and one element of each. */
  private value(node: FusedNode, column: number, scope: Scope): V128 {
    const name = `n${this.numberOf(node)}.${column}`;
    const known = scope.values.get(name);
    if (known) return known;
    const computed = this.f.let(this.computed(node, column, scope));
    scope.values.set(name, computed);
    return computed;
  }

  private computed(node: FusedNode, column: number, scope: Scope): V128 {
    const { f } = this;
    if (node.op === 'iota') return this.index(node, column);
    if (this.isRowSum(node)) return this.rowTotal(node, scope);
    const write = mapOperations[node.op] as (typeof mapOperations)[string];
    const operands = node.operands.map((_, index) => this.operand(node, index, column, scope));
    return write({ f, operands, types: node.operandTypes, output: node.dtype });
  }

  /** A reduction of a short row: element after element. */
  private rowTotal(node: FusedNode, scope: Scope): V128 {
    const { f } = this;
    const isFloat = node.dtype === 'float32';
    const combine = {
      sum: isFloat ? f32x4.add : i32x4.add,
      max: isFloat ? f32x4.max : i32x4.maxS,
      min: isFloat ? f32x4.min : i32x4.minS,
    }[node.op as 'sum'];
    let total = this.operand(node, 0, 0, scope);
    for (let column = 1; column < this.layout.rowSize; column++)
      total = f.let(combine(total, this.operand(node, 0, column, scope)));
    return total;
  }

  /** The running numbers of four elements. */
  private index(node: FusedNode, column: number): V128 {
    const slot = this.layout.counted.get(node) as Slot;
    const step = slot.strides[this.last] as number;
    const first = i32.add(this.address(slot, step), int(slot.inner[column] ?? 0));
    const index = i32x4.add(i32x4.splat(first), lanes32(0, step, 2 * step, 3 * step));
    return node.dtype === 'float32' ? f32x4.convertS(index) : index;
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
  const units = isWhole ? 1 : layout.axes.length > 1 ? length : Math.ceil(length / rowsPerUnit);
  return {
    units,
    cost: 0.3 * sizeOf(layout.axes) * layout.rowSize * (group.nodes.length + 1),
    write: (module: ModuleBuilder): FunctionReference =>
      module.function(['i32', 'i32', ...buffersOf(group).map(() => 'i32' as const)], undefined, (f) => {
        new LoopWriter(f, group, layout, overrun).write();
      }),
  };
}
