// The parts of the details: name and value, JSON, stacks. All of it text.
import { el } from './dom.js';
import { cut, inBlock, inLine } from './text.js';

const COLOURED_CHARACTERS = 40_000, SHOWN_CHARACTERS = 400_000, FIELDS_SHOWN = 200, FRAMES_SHOWN = 100;

export function block(title, ...children) {
  return el('section', null, el('h3', { textContent: title }), ...children);
}

/** `[name, value]` pairs; null ones are left out. */
export function fields(pairs) {
  const list = el('dl');
  const kept = pairs.filter(Boolean);
  for (const [name, value] of kept.slice(0, FIELDS_SHOWN))
    list.append(el('dt', { textContent: inLine(name, 100) }), el('dd', { textContent: cut(inBlock(typeof value === 'string' ? value : JSON.stringify(value)), 8000) }));
  if (kept.length > FIELDS_SHOWN) list.append(el('dt', { textContent: '…' }), el('dd', { textContent: `${kept.length - FIELDS_SHOWN} more` }));
  return list;
}

function pretty(value) {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    const parsed = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? JSON.stringify(parsed, null, 2) : value;
  } catch {
    return value;
  }
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g;

/** JSON, indented and coloured; text that is none as it is. */
export function json(value) {
  const text = cut(inBlock(pretty(value)), SHOWN_CHARACTERS), out = el('pre.json', { tabIndex: 0 });
  let last = 0;
  if (text.length <= COLOURED_CHARACTERS && /^[[{]/.test(text)) {
    for (const match of text.matchAll(TOKEN)) {
      out.append(text.slice(last, match.index), el(match[2] ? 'span.key' : match[1] ? 'span.string' : 'span.literal', { textContent: match[1] ?? match[0] }));
      last = match.index + (match[1] ?? match[0]).length;
    }
  }
  out.append(text.slice(last));
  return out;
}

/** A CDP stack with those it was called from. */
export function stack(trace) {
  const lines = [];
  for (let part = trace; part && typeof part === 'object' && lines.length < FRAMES_SHOWN; part = part.parent) {
    if (part !== trace) lines.push(`— ${part.description ?? 'async'}`);
    for (const frame of Array.isArray(part.callFrames) ? part.callFrames.slice(0, FRAMES_SHOWN) : [])
      lines.push(`${frame?.functionName || '(anonymous)'}  ${frame?.url ?? ''}:${Number(frame?.lineNumber) + 1}:${Number(frame?.columnNumber) + 1}`);
  }
  return el('pre', { textContent: cut(inBlock(lines.join('\n')), 20_000) });
}
