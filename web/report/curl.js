// A request as a curl command that is safe to paste into a shell, whatever the page put into it.

// Told by curl or the connection itself.
const OWN = new Set(['host', 'content-length', 'connection', 'accept-encoding', 'transfer-encoding']);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** One word of POSIX-like shells; control characters as $'…' (bash, zsh, ksh), so that pasting never runs anything. */
export function shellWord(text) {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const coded = text.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) =>
    (c === '\n' ? '\\n' : c === '\t' ? '\\t' : c === '\r' ? '\\r' : c === '\0' ? '' : hexBytes(c)));
  return `$'${coded}'`;
}

function hexBytes(character) {
  return [...new TextEncoder().encode(character)].map((byte) => '\\x' + byte.toString(16).padStart(2, '0')).join('');
}

export function asCurl({ method, url, headers, body }) {
  const words = ['curl', '--globoff', '--url', shellWord(url)];
  const parts = [words.join(' ')];
  if (method && !(method === 'GET' && !body)) parts.push(`-X ${shellWord(method)}`);
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!TOKEN.test(name) || OWN.has(name.toLowerCase())) continue;
    parts.push(`-H ${shellWord(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  if (body) parts.push(`--data-raw ${shellWord(body)}`);
  parts.push('--compressed');
  return parts.join(' \\\n  ');
}
