// Makes PNGs of a few rectangles, which is how a page looks from afar.
import { deflateSync } from 'node:zlib';

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; ++bit) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc32 = (bytes) => ~bytes.reduce((crc, byte) => TABLE[(crc ^ byte) & 255] ^ (crc >>> 8), -1) >>> 0;

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]), out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** `boxes` are `[x, y, width, height, 0xrrggbb]`, later ones over earlier ones. */
export function png(width, height, boxes) {
  const row = width * 3 + 1, pixels = Buffer.alloc(row * height);
  for (const [left, top, w, h, colour] of boxes) {
    for (let y = Math.max(0, top); y < Math.min(height, top + h); ++y) {
      for (let x = Math.max(0, left); x < Math.min(width, left + w); ++x) pixels.writeUIntBE(colour, y * row + 1 + x * 3, 3);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))]);
}
