import type { I32 } from '../../assembler/expression.js';
import type { FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { i32, int } from '../../assembler/scalar.js';
import { microKernel } from './micro-kernel.js';
import { at, roundUp, smaller } from './phases.js';
import type { Tile } from './tile.js';

/** Bytes of a panel of the second factor that stay in the first cache while tiles go by. */
const panelBytes = 24576;
/** Numbers of the first factor that stay in the second cache while panels go by. */
const blockNumbers = 65536;

/** The layout of a product of packed or unpacked factors. Steps are in bytes. */
export interface BlockProduct {
  /** The tile. */
  readonly tile: Tile;
  /** Rows of the whole result: the last tile may be smaller. */
  readonly rows: number;
  /** Length of the sums. */
  readonly depth: number;
  /** Columns of the result. */
  readonly columns: number;
  /** From one row of the first factor to the next. */
  readonly aRow: number;
  /** From one number of a row of the first factor to the next. */
  readonly aDepth: number;
  /** From one tile of the first factor to the next. */
  readonly aTile: number;
  /** From one row of the second factor to the next. */
  readonly bDepth: number;
  /** From one panel of the second factor to the next. */
  readonly bPanel: number;
}

/** How many numbers of a sum are added before the next columns have their turn. */
function depthOfBlock({ depth, tile }: BlockProduct): number {
  const most = Math.floor(panelBytes / (16 * tile.vectors));
  return roundUp(Math.ceil(depth / Math.ceil(depth / most)), 4);
}

/** How many tiles make a block whose first factor stays in the cache. */
export function tilesOfBlock(product: BlockProduct): number {
  return Math.max(8, Math.floor(blockNumbers / depthOfBlock(product) / product.tile.rows));
}

/**
 * The function that multiplies a block of rows with all columns: `(a, b, c, tiles, tail, accumulate)` with the addresses of the
 * block, of all panels and of the rows of the result; `tiles` whole tiles and, if `tail` is not zero, the last smaller one. It adds
 * to what is there if `accumulate` is not zero.
 */
export function blockProduct(module: ModuleBuilder, product: BlockProduct): FunctionReference {
  const { tile, rows, depth, columns, aDepth, aTile, bDepth, bPanel } = product;
  const panelColumns = 4 * tile.vectors;
  const cRow = 4 * columns;
  const depthStep = depthOfBlock(product);
  const wholePanels = Math.floor(columns / panelColumns);
  const restColumns = columns % panelColumns;
  const restRows = rows % tile.rows;
  const name = `product: block ${tile.rows}x${tile.vectors} ${[rows, depth, columns, product.aRow, aDepth, aTile, bDepth, bPanel].join()}`;
  const kernel = (someRows: number, someColumns: number): FunctionReference =>
    microKernel(module, {
      rows: someRows,
      vectors: Math.ceil(someColumns / 4),
      lanes: ((someColumns - 1) % 4) + 1,
      aRow: product.aRow,
      aDepth,
      aTile,
      bDepth,
      cRow,
    });
  return module.once(name, () =>
    module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [a, b, c, tiles, tail] = [0, 1, 2, 3, 4].map(f.parameter) as readonly I32[] as readonly [
        I32,
        I32,
        I32,
        I32,
        I32,
      ];
      f.for(int(0), int(depth), depthStep, (from) => {
        const rest = f.let(i32.sub(int(depth), from));
        const length = f.let(smaller(int(depthStep), rest));
        const accumulate = f.let(i32.or(from, f.parameter(5)));
        const left = f.let(at(a, from, aDepth));
        const top = f.let(at(b, from, bDepth));
        const multiply = (panel: I32, someColumns: number): void => {
          const right = f.let(at(top, panel, bPanel));
          const target = f.let(at(c, panel, 4 * panelColumns));
          if (rows >= tile.rows)
            f.if(tiles, () =>
              f.callVoid(kernel(tile.rows, someColumns), [left, right, target, length, tiles, accumulate]),
            );
          if (restRows > 0)
            f.if(tail, () =>
              f.callVoid(kernel(restRows, someColumns), [
                at(left, tiles, aTile),
                right,
                at(target, tiles, tile.rows * cRow),
                length,
                int(1),
                accumulate,
              ]),
            );
        };
        if (wholePanels > 0) f.for(int(0), int(wholePanels), 1, (panel) => multiply(panel, panelColumns));
        if (restColumns > 0) multiply(int(wholePanels), restColumns);
      });
    }),
  );
}
