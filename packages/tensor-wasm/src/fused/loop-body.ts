import type { I32, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { i32, int } from '../assembler/scalar.js';
import { f32x4, i32x4, lanes32 } from '../assembler/vector.js';
import type { FusedNode, FusedOperand, Group } from '../compiler/group.js';
import type { Accumulator } from './accumulator.js';
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
import { bytesOf, type LoopLayout, type Slot } from './slots.js';

/** What is known at one place of the code. */
export interface Scope {
  /** Where the code goes. */
  readonly f: FunctionBuilder;
  /** The number of the first of four rows along the last axis. */
  readonly row: I32;
  /** The values computed so far. */
  readonly values: Map<string, V128>;
  /** How many of the four rows count. */
  readonly lanes: number;
}

/** Writes what a fused loop does for four rows at a time. */
export class LoopBody {
  /** Running numbers of values and streams, for names. */
  readonly #numbers = new Map<FusedNode | Slot, number>();
  /** The innermost axis. */
  readonly #last: number;
  /** The operations. */
  readonly #group: Group;
  /** Their axes and streams. */
  readonly #layout: LoopLayout;
  /** Where each slot is at the start of the innermost loop. */
  readonly #pointers: ReadonlyMap<Slot, I32>;
  /** Of each reduction at the end of the loop. */
  readonly #accumulators: ReadonlyMap<FusedNode, Accumulator>;

  constructor(
    group: Group,
    layout: LoopLayout,
    pointers: ReadonlyMap<Slot, I32>,
    accumulators: ReadonlyMap<FusedNode, Accumulator>,
  ) {
    this.#group = group;
    this.#layout = layout;
    this.#pointers = pointers;
    this.#accumulators = accumulators;
    this.#last = layout.axes.length - 1;
  }

  /** Computes before the innermost loop what does not change in it. */
  hoist(scope: Scope): void {
    const known = new Set<FusedNode>();
    const isStill = (operand: FusedOperand): boolean => {
      if (operand.kind === 'literal') return true;
      if (operand.kind === 'node') return known.has(operand.node);
      return this.#isStill(this.#layout.read.get(operand) as Slot);
    };
    for (const node of this.#group.nodes) {
      if (node.op === 'iota' || node.reducedRow !== undefined || !node.operands.every(isStill)) continue;
      if (this.#isRowSum(node) || this.#isWhole(node)) continue;
      known.add(node);
      this.#value(node, 0, scope);
    }
    for (const slot of new Set(this.#layout.read.values()))
      if (this.#isStill(slot))
        for (let column = 0; column < slot.inner.length; column++) this.#load(slot, column, scope);
  }

  /** Whether a slot stays where it is along the last axis. */
  #isStill(slot: Slot): boolean {
    return slot.strides[this.#last] === 0;
  }

  /** Whether a value has a number for each element of a row, not one a row. */
  #isWhole({ size }: FusedNode): boolean {
    return this.#layout.rowSize > 1 && size === this.#group.rows * this.#group.rowSize;
  }

  /** Whether an operation combines the elements of a row. */
  #isRowSum({ op, operands }: FusedNode): boolean {
    return op === 'sum' || op === 'max' || op === 'min' ? operands.length === 1 : false;
  }

  /** Everything that is done for four rows. */
  write(scope: Scope): void {
    const layout = this.#layout;
    for (const node of this.#group.nodes) {
      const accumulator = this.#accumulators.get(node);
      if (accumulator) accumulator.add(scope.f, this.#operand(node, 0, 0, scope), scope.lanes);
      else {
        const slot = layout.written.get(node);
        if (!slot) continue;
        if (this.#isWhole(node)) this.#storeRows(node, slot, scope);
        else storeLanes(scope.f, node.dtype, this.#address(slot, 1, scope), this.#value(node, 0, scope), scope.lanes);
      }
    }
  }

  /** Writes a value of several elements a row. */
  #storeRows(node: FusedNode, slot: Slot, scope: Scope): void {
    const { f } = scope;
    const { rowSize } = this.#layout;
    const columns = Array.from({ length: rowSize }, (_, column) => this.#value(node, column, scope));
    const address = f.let(this.#address(slot, rowSize, scope));
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
  #address(slot: Slot, step: number, { row }: Scope): I32 {
    const bytes = step * bytesOf(slot);
    const moved = bytes === 1 ? row : i32.mul(row, int(bytes));
    const scaled = Number.isInteger(Math.log2(bytes)) && bytes > 1 ? i32.shl(row, int(Math.log2(bytes))) : moved;
    return i32.add(this.#pointers.get(slot) as I32, scaled);
  }

  /** A short name for an operation or a slot. */
  #numberOf(thing: FusedNode | Slot): number {
    const known = this.#numbers.get(thing) ?? this.#numbers.size;
    this.#numbers.set(thing, known);
    return known;
  }

  /** Four rows of one element of a slot, read once. */
  #load(slot: Slot, column: number, scope: Scope): V128 {
    const name = `s${this.#numberOf(slot)}.${slot.inner[column]}`;
    const known = scope.values.get(name);
    if (known) return known;
    const loaded = this.#loaded(slot, column, scope);
    scope.values.set(name, loaded);
    return loaded;
  }

  /** The code that reads them. */
  #loaded(slot: Slot, column: number, scope: Scope): V128 {
    const { f } = scope;
    const size = bytesOf(slot);
    const step = slot.strides[this.#last] as number;
    const inner = (slot.inner[column] as number) * size;
    if (step === 0) return loadSplat(f, slot.dtype, shifted(this.#pointers.get(slot) as I32, inner));
    const address = f.let(this.#address(slot, step, scope));
    if (step === 1) return loadLanes(f, slot.dtype, shifted(address, inner));
    const isRow = step === slot.inner.length && slot.inner.every((offset, i) => offset === i);
    if (!isRow || slot.dtype === 'bool' || !isTurnable(step))
      return loadStrided(f, slot.dtype, shifted(address, inner), step * size, scope.lanes);
    const columns = loadColumns(f, step, address);
    columns.forEach((x, i) => {
      scope.values.set(`s${this.#numberOf(slot)}.${i}`, x);
    });
    return columns[column] as V128;
  }

  /** Operand `index` of a node, for one element of the row. */
  #operand(node: FusedNode, index: number, column: number, scope: Scope): V128 {
    const { f } = scope;
    const operand = node.operands[index] as FusedOperand;
    if (operand.kind === 'literal') {
      if (operand.dtype === 'float32') return f.f32x4(operand.value);
      return f.i32x4(operand.dtype === 'bool' ? -Number(operand.value !== 0) : operand.value);
    }
    if (operand.kind === 'node') return this.#value(operand.node, this.#isWhole(operand.node) ? column : 0, scope);
    const slot = this.#layout.read.get(operand) as Slot;
    return this.#load(slot, slot.inner.length === 1 ? 0 : column, scope);
  }

  /** The value of a node for four rows and one element of each. */
  #value(node: FusedNode, column: number, scope: Scope): V128 {
    const name = `n${this.#numberOf(node)}.${column}`;
    const known = scope.values.get(name);
    if (known) return known;
    const computed = scope.f.let(this.#computed(node, column, scope));
    scope.values.set(name, computed);
    return computed;
  }

  /** The code of an operation. */
  #computed(node: FusedNode, column: number, scope: Scope): V128 {
    const { f } = scope;
    if (node.op === 'iota') return this.#index(node, column, scope);
    if (this.#isRowSum(node)) return this.#sumOfRow(node, scope);
    const write = mapOperations[node.op] as (typeof mapOperations)[string];
    const operands = node.operands.map((_, index) => this.#operand(node, index, column, scope));
    const root = this.#rootOf(node.operands[0] as FusedOperand, column);
    const shared = (what: string, make: () => V128): V128 => {
      const known = scope.values.get(`${what} ${root}`) ?? f.let(make());
      if (root !== undefined) scope.values.set(`${what} ${root}`, known);
      return known;
    };
    return write({ f, operands, types: node.operandTypes, output: node.dtype, shared });
  }

  /** A name for the value of an operand but for its sign; nothing for a literal. */
  #rootOf(operand: FusedOperand, column: number): string | undefined {
    if (operand.kind === 'literal') return undefined;
    if (operand.kind === 'access') {
      const slot = this.#layout.read.get(operand) as Slot;
      return `s${this.#numberOf(slot)}.${slot.inner[slot.inner.length === 1 ? 0 : column]}`;
    }
    const { node } = operand;
    if (node.op === 'neg') return this.#rootOf(node.operands[0] as FusedOperand, column);
    return `n${this.#numberOf(node)}.${this.#isWhole(node) ? column : 0}`;
  }

  /** A reduction of a short row: element after element. */
  #sumOfRow(node: FusedNode, scope: Scope): V128 {
    const { f } = scope;
    const isFloat = node.dtype === 'float32';
    const combine = {
      sum: isFloat ? f32x4.add : i32x4.add,
      max: isFloat ? f32x4.max : i32x4.maxS,
      min: isFloat ? f32x4.min : i32x4.minS,
    }[node.op as 'sum'];
    let total = this.#operand(node, 0, 0, scope);
    for (let column = 1; column < this.#layout.rowSize; column++)
      total = f.let(combine(total, this.#operand(node, 0, column, scope)));
    return total;
  }

  /** The running numbers of four elements. */
  #index(node: FusedNode, column: number, scope: Scope): V128 {
    const slot = this.#layout.counted.get(node) as Slot;
    const step = slot.strides[this.#last] as number;
    const first = i32.add(this.#address(slot, step, scope), int(slot.inner[column] ?? 0));
    const index = i32x4.add(i32x4.splat(first), lanes32(0, step, 2 * step, 3 * step));
    return node.dtype === 'float32' ? f32x4.convertS(index) : index;
  }
}
