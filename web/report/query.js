// The search line: words, "several words", key:value, and -without.
import { splitUrl } from './text.js';
import { describe, ERROR, WARNING } from './describe.js';

const KEYS = new Set(['type', 'category', 'status', 'method', 'host', 'level', 'kind', 'seq', 'slower', 'larger']);

/** Terms `{ not, key, value }`; `key` is null for text, and `value` lower case. */
export function parseQuery(text) {
  const terms = [];
  for (const [, minus, key, quoted, bare] of text.matchAll(/(-?)(?:([a-z]+):(?=\S))?(?:"([^"]*)"|(\S+))/gi)) {
    const known = key !== undefined && KEYS.has(key.toLowerCase());
    const value = quoted ?? bare;
    const whole = known || key === undefined ? value : `${key}:${value}`;
    if (whole) terms.push({ not: minus === '-', key: known ? key.toLowerCase() : null, value: whole.toLowerCase() });
  }
  return terms;
}

/** Does an event fulfil a `key:value` term? `record` is the description of its request, or null. */
export function fulfils(session, i, term, level, record) {
  const { key, value } = term;
  switch (key) {
    case 'type': return session.name(i).includes(value);
    case 'category': return session.category(i) === value;
    case 'seq': return String(session.seq(i)) === value;
    case 'level': return value.startsWith('err') ? level === ERROR : value.startsWith('warn') ? level === WARNING : level === 0;
    case 'method': return (record ? record.method : session.get(i, 'method') ?? '').toLowerCase() === value;
    case 'kind': return (record?.kind ?? '').toLowerCase().startsWith(value);
    case 'host': return splitUrl(record ? record.url : session.get(i, 'url') ?? '').host.toLowerCase().includes(value);
    case 'status': {
      const status = record ? record.outcome : String(session.get(i, 'status') ?? '');
      return /^\dxx$/.test(value) ? status.length === 3 && status[0] === value[0] : status.toLowerCase() === value;
    }
    case 'slower': return (record?.ms ?? session.get(i, 'duration_ms') ?? 0) > amount(value, { ms: 1, s: 1000 });
    case 'larger': return (record?.bytes ?? session.get(i, 'bytes') ?? 0) > amount(value, { b: 1, k: 1e3, kb: 1e3, m: 1e6, mb: 1e6 });
  }
  return false;
}

function amount(text, units) {
  const match = /^([\d.]+)([a-z]*)$/.exec(text);
  return match ? Number(match[1]) * (units[match[2]] ?? 1) : Infinity;
}

/** One search over a session. Words are looked for in the index at once, then in the whole events block by block. */
export class Search {
  constructor(session, levels, recordOf, text) {
    this.session = session;
    this.terms = parseQuery(text);
    this.found = this.terms.map((term) => {
      const bits = new Uint8Array(session.count);
      for (let i = 0; i < session.count; ++i)
        bits[i] = term.key ? fulfils(session, i, term, levels[i], recordOf(i)) : wordsOf(session, i).includes(term.value);
      return bits;
    });
    this.deep = this.terms.some(({ key, value }) => key === null && value.length > 2);
    this.progress = this.deep ? 0 : 1;
  }

  matches(i) {
    return this.terms.every((term, t) => (this.found[t][i] === 1) !== term.not);
  }

  /** Looks into the whole events; calls `tell` now and then; ends early once `stopped()`. */
  async lookDeeper(stopped, tell) {
    const { blocks } = this.session;
    const texts = this.terms.map((term) => (term.key === null ? patternOf(term.value) : null));
    for (const [number, block] of blocks.entries()) {
      const lines = await this.session.lines(block);
      if (stopped()) return;
      for (const [t, pattern] of texts.entries()) {
        if (!pattern) continue;
        for (let line = 0; line < block.count; ++line)
          if (!this.found[t][block.first + line] && pattern.test(lines[line])) this.found[t][block.first + line] = 1;
      }
      this.progress = (number + 1) / blocks.length;
      tell();
    }
  }
}

// The text as it is, or as it stands in JSON.
function patternOf(value) {
  const escape = (text) => text.replace(/[.*+?^${}()|[\]\\\/]/g, '\\$&');
  const inJson = JSON.stringify(value).slice(1, -1);
  return new RegExp(inJson === value ? escape(value) : `${escape(value)}|${escape(inJson)}`, 'i');
}

const kept = new WeakMap();
function wordsOf(session, i) {
  let words = kept.get(session);
  if (!words) kept.set(session, words = new Array(session.count));
  return words[i] ??= session.words(i) + '\n' + describe(session, i).text.toLowerCase();
}
