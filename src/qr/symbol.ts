import { codewordsOf } from './codewords.js';

/** A QR code: `size` modules a side, without the quiet zone. */
export type QrSymbol = Readonly<{ size: number; dark(x: number, y: number): boolean }>;

/** Which modules a mask turns, by its number (ISO/IEC 18004, table 10). */
const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Level M is 00 in the format information, so that it is the mask's number alone. */
const FORMAT_POLYNOMIAL = 0x537;
const FORMAT_MASK = 0x5412;
const VERSION_POLYNOMIAL = 0x1f25;

/** `value` with the remainder of its BCH code behind it. */
function withRemainder(value: number, polynomial: number, bits: number): number {
  let remainder = value << bits;
  for (let bit = 31 - Math.clz32(remainder); bit >= bits; bit = 31 - Math.clz32(remainder)) {
    remainder ^= polynomial << (bit - bits);
  }
  return (value << bits) | remainder;
}

class Grid {
  readonly modules: Uint8Array;
  /** Modules that carry no data: a mask leaves them alone. */
  readonly fixed: Uint8Array;

  constructor(readonly size: number) {
    this.modules = new Uint8Array(size * size);
    this.fixed = new Uint8Array(size * size);
  }

  at(x: number, y: number): number {
    return this.modules[y * this.size + x]!;
  }

  fix(x: number, y: number, dark: boolean | number): void {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.modules[y * this.size + x] = dark ? 1 : 0;
    this.fixed[y * this.size + x] = 1;
  }
}

/** Three nested squares around a centre; the outermost ring of a finder is its separator. */
function drawSquares(grid: Grid, centreX: number, centreY: number, reach: number): void {
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      const ring = Math.max(Math.abs(x), Math.abs(y));
      grid.fix(centreX + x, centreY + y, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
    }
  }
}

/** Where alignment patterns stand: from 6 to the far side in equal even steps (annex E). */
function alignmentsOf(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = version * 4 + 10;
  const step = Math.ceil((last - 6) / (count - 1) / 2) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, index) => last - (count - 2 - index) * step)];
}

function drawFunctions(grid: Grid, version: number): void {
  const end = grid.size - 1;
  for (let at = 0; at < grid.size; at += 1) {
    grid.fix(6, at, at % 2 === 0);
    grid.fix(at, 6, at % 2 === 0);
  }
  for (const [x, y] of [
    [3, 3],
    [end - 3, 3],
    [3, end - 3],
  ] as const)
    drawSquares(grid, x, y, 4);
  const places = alignmentsOf(version);
  const last = places.at(-1);
  for (const x of places) {
    for (const y of places) {
      const onFinder = (x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6);
      if (!onFinder) drawSquares(grid, x, y, 2);
    }
  }
  drawFormat(grid, 0);
  if (version < 7) return;
  const bits = withRemainder(version, VERSION_POLYNOMIAL, 12);
  for (let bit = 0; bit < 18; bit += 1) {
    const [far, near] = [end - 10 + (bit % 3), Math.floor(bit / 3)];
    grid.fix(far, near, (bits >> bit) & 1);
    grid.fix(near, far, (bits >> bit) & 1);
  }
}

/** Both copies of the format information (§7.9), and the module that is always dark. */
function drawFormat(grid: Grid, mask: number): void {
  const bits = withRemainder(mask, FORMAT_POLYNOMIAL, 10) ^ FORMAT_MASK;
  const end = grid.size - 1;
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = (bits >> bit) & 1;
    if (bit < 6) grid.fix(8, bit, dark);
    else if (bit < 8) grid.fix(8, bit + 1, dark);
    else if (bit === 8) grid.fix(7, 8, dark);
    else grid.fix(14 - bit, 8, dark);
    if (bit < 8) grid.fix(end - bit, 8, dark);
    else grid.fix(8, end - 14 + bit, dark);
  }
  grid.fix(8, end - 7, true);
}

/** Fills the free modules in pairs of columns, from the right, upwards and downwards in turn (§7.7.3). */
function drawData(grid: Grid, codewords: Uint8Array): void {
  const { size, fixed, modules } = grid;
  let bit = 0;
  let upwards = true;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y * size + x]) continue;
        modules[y * size + x] = ((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        bit += 1;
      }
    }
    upwards = !upwards;
  }
}

function turn(grid: Grid, mask: number): void {
  const turns = MASKS[mask]!;
  for (let y = 0; y < grid.size; y += 1) {
    for (let x = 0; x < grid.size; x += 1) {
      if (!grid.fixed[y * grid.size + x] && turns(x, y)) grid.modules[y * grid.size + x]! ^= 1;
    }
  }
}

/** What looks like a finder beside four light modules (§7.8.3.1, feature 3). */
const FALSE_FINDER = /(?=10111010000|00001011101)/g;

function penaltyOfLine(line: string): number {
  let penalty = 0;
  for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) penalty += run.length - 2;
  return penalty + 40 * (line.match(FALSE_FINDER)?.length ?? 0);
}

/** How hard a symbol is to read; the mask with the least is taken (§7.8.3). */
function penaltyOf(grid: Grid): number {
  const { size } = grid;
  let penalty = 0;
  let dark = 0;
  for (let at = 0; at < size; at += 1) {
    let [row, column] = ['', ''];
    for (let along = 0; along < size; along += 1) {
      row += grid.at(along, at);
      column += grid.at(at, along);
      dark += grid.at(along, at);
      if (at === 0 || along === 0) continue;
      const sum =
        grid.at(along, at) + grid.at(along - 1, at) + grid.at(along, at - 1) + grid.at(along - 1, at - 1);
      if (sum === 0 || sum === 4) penalty += 3;
    }
    penalty += penaltyOfLine(row) + penaltyOfLine(column);
  }
  return penalty + 10 * Math.floor(Math.abs((dark * 100) / (size * size) - 50) / 5);
}

/**
 * The QR code of a text: byte mode, UTF-8, error correction level M (15% of the symbol may be lost).
 * Source: ISO/IEC 18004:2015.
 * @returns undefined for a text of more than 666 bytes
 */
export function qrSymbol(text: string): QrSymbol | undefined {
  const content = codewordsOf(text);
  if (!content) return undefined;
  const grid = new Grid(17 + 4 * content.version);
  drawFunctions(grid, content.version);
  drawData(grid, content.codewords);
  let best = { mask: 0, penalty: Number.POSITIVE_INFINITY };
  for (let mask = 0; mask < MASKS.length; mask += 1) {
    turn(grid, mask);
    drawFormat(grid, mask);
    const penalty = penaltyOf(grid);
    if (penalty < best.penalty) best = { mask, penalty };
    turn(grid, mask);
  }
  turn(grid, best.mask);
  drawFormat(grid, best.mask);
  return { size: grid.size, dark: (x, y) => grid.at(x, y) === 1 };
}
