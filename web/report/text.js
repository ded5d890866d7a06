// How strings of a page and numbers are written. What a page said is shown as it is, but can neither hide nor turn a line around.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const ZERO_WIDTH_JOINER = '\u200d';  // holds emoji together

function reveal(character) {
  if (character === ZERO_WIDTH_JOINER) return character;
  return `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

export function cut(text, limit) {
  if (text.length <= limit) return text;
  const high = text.charCodeAt(limit - 1);
  return text.slice(0, high >= 0xd800 && high <= 0xdbff ? limit - 1 : limit) + '…';
}

/** One line of at most `limit` characters. */
export function inLine(text, limit = 300) {
  return cut(String(text), limit).replace(HIDDEN, (c) => (c === '\n' ? '⏎' : c === '\t' || c === '\r' ? ' ' : reveal(c)));
}

/** Several lines; tabs and line ends stay. */
export function inBlock(text) {
  return String(text).replace(HIDDEN, (c) => (c === '\n' || c === '\t' ? c : c === '\r' ? '' : reveal(c)));
}

export function bytes(count) {
  if (count === null || !(count >= 0)) return '';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (count >= 999.5 && unit < units.length - 1) { count /= 1000; ++unit; }
  return `${unit === 0 || count >= 99.95 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

/** A span of time given in milliseconds; nothing for what is none, as events of a page's making have it. */
export function duration(ms) {
  if (ms === null || !(ms >= 0)) return '';
  if (ms < 0.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000), parts = [];
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  if (days) parts.push(`${days} d`);
  if (hours) parts.push(`${hours} h`);
  if (minutes && !days) parts.push(`${minutes} min`);
  if (seconds % 60 && !hours && !days) parts.push(`${seconds % 60} s`);
  return parts.join(' ');
}

/** The clock of the session: milliseconds since its first event as m:ss.mmm. */
export function clock(ms, digits = 3) {
  const sign = ms < 0 ? '-' : '', unit = 10 ** digits;
  let left = Math.round(Math.abs(ms) / 1000 * unit);
  const fraction = digits ? '.' + String(left % unit).padStart(digits, '0') : '';
  left = Math.floor(left / unit);
  const two = (value) => String(value).padStart(2, '0');
  const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
  return sign + (hours ? `${hours}:${two(minutes)}` : String(minutes)) + ':' + two(left % 60) + fraction;
}

export function count(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function counted(number, one, many = one + 's') {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** UTC, to the second or the microsecond. */
export function wallTime(micros, exact = false) {
  const text = new Date(Math.floor(micros / 1000)).toISOString();
  if (!exact) return text.slice(0, 19).replace('T', ' ');
  return text.slice(0, 23).replace('T', ' ') + String(Math.floor(micros % 1000)).padStart(3, '0') + ' UTC';
}

/** Host and the rest of a URL of any shape. */
export function splitUrl(url) {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(url);
  if (!match) return { host: '', rest: url };
  return { host: match[2].replace(/^.*@/s, ''), rest: match[3] || '/' };
}
