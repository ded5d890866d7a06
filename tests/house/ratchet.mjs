// A ratchet lists what a check still finds in the sources: one line each, `key` or `key N`, where N is the
// permitted size. It only shrinks: a line whose finding is better or gone must be removed. A finding is {key,
// size?, where, why}.

export function read_allowed(text) {
  const allowed = new Map();
  for (const row of text.split('\n')) {
    const line = row.replace(/\s*#.*$/, '').trim();
    if (line === '') continue;
    const [, key, size] = /^(.*?)(?:\s+(\d+))?$/.exec(line);
    allowed.set(key, size === undefined ? 1 : Number(size));
  }
  return allowed;
}

const by_key = (found) => {
  const sizes = new Map();
  for (const { key, size } of found) sizes.set(key, Math.max(sizes.get(key) ?? 0, size ?? 1));
  return sizes;
};

export function compare(found, allowed, how_to_shrink, follows = true) {
  const out = found
    .filter(({ key, size }) => (size ?? 1) > (allowed.get(key) ?? 0))
    .map(({ where, why }) => `${where}: ${why}`);
  const sizes = by_key(found);
  for (const [key, size] of follows ? allowed : [])
    if ((sizes.get(key) ?? 0) < size)
      out.push(`${key} is better than the ratchet allows, which must follow: ${how_to_shrink}`);
  return out;
}

export function shrink(text, found) {
  const sizes = by_key(found);
  return text.split('\n').flatMap((row) => {
    const [[key, size] = []] = read_allowed(row);
    if (key === undefined) return [row];
    if (!sizes.has(key)) return [];
    const now = Math.min(size, sizes.get(key));
    return [now === size ? row : row.replace(/\d+(?=\s*(#|$))/, String(now))];
  }).join('\n');
}
