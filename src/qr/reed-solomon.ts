/** x⁸ + x⁴ + x³ + x² + 1, the field polynomial of ISO/IEC 18004 §7.5.2. */
const FIELD = 0x11d;

const exponents = new Uint8Array(255);
const logarithms = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  exponents[power] = value;
  logarithms[value] = power;
  value = value & 0x80 ? (value << 1) ^ FIELD : value << 1;
}

function multiply(left: number, right: number): number {
  if (left === 0 || right === 0) return 0;
  return exponents[(logarithms[left]! + logarithms[right]!) % 255]!;
}

/** (x − α⁰)(x − α¹)… of `degree` factors, the leading 1 left out. */
function generatorOf(degree: number): Uint8Array {
  const generator = new Uint8Array(degree);
  generator[degree - 1] = 1;
  for (let power = 0; power < degree; power += 1) {
    for (let at = 0; at < degree; at += 1) {
      generator[at] = multiply(generator[at]!, exponents[power]!) ^ (generator[at + 1] ?? 0);
    }
  }
  return generator;
}

/** The `count` error correction codewords of a block: the remainder of its division by the generator. */
export function correctionOf(block: Uint8Array, count: number): Uint8Array {
  const generator = generatorOf(count);
  const remainder = new Uint8Array(count);
  for (const codeword of block) {
    const factor = codeword ^ remainder[0]!;
    remainder.copyWithin(0, 1);
    remainder[count - 1] = 0;
    for (let at = 0; at < count; at += 1) remainder[at]! ^= multiply(generator[at]!, factor);
  }
  return remainder;
}
