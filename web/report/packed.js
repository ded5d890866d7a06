// The blocks that `wye telemetry report` wrote: base64 of deflated text.

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64), out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) out[i] = binary.charCodeAt(i);
  return out;
}

export async function unpack(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).text();
}

export function pictureOf(base64) {
  return new Blob([bytesOf(base64)], { type: 'image/png' });
}
