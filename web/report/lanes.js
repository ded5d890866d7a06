// How each lane of the timeline is drawn. All of them work on the visible range alone, in pixels.
import { ERROR, WARNING } from './describe.js';
import { inLine, splitUrl } from './text.js';

// The place of the first of a lane's events at or after a time.
function firstOf(events, at, ms) {
  let low = 0, high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[events[middle]] < ms) low = middle + 1; else high = middle;
  }
  return low;
}

/** Stacked counts a pair of pixel columns: errors over warnings over the rest. */
export function drawTicks({ app, context, colour, lane, x, left, width, from, to }) {
  const columns = Math.ceil(width / 2), counts = [new Uint32Array(columns), new Uint32Array(columns), new Uint32Array(columns)];
  const { at } = app.session, tint = [colour(lane.id), colour('warning'), colour('error')];
  for (let k = firstOf(lane.events, at, from); k < lane.events.length && at[lane.events[k]] <= to; ++k)
    ++counts[app.levels[lane.events[k]]][Math.min(columns - 1, x(at[lane.events[k]]) >> 1)];
  const sum = (column) => counts[0][column] + counts[1][column] + counts[2][column];
  let most = 3;
  for (let column = left >> 1; column < columns; ++column) most = Math.max(most, sum(column));
  for (let column = left >> 1; column < columns; ++column) {
    const all = sum(column), tall = 4 + Math.log(1 + all) / Math.log(1 + most) * (lane.height - 6);
    let bottom = lane.top + lane.height;
    for (const level of [0, WARNING, ERROR]) {
      if (!counts[level][column]) continue;
      const height = Math.max(2, counts[level][column] / all * tall);
      context.fillStyle = tint[level];
      context.fillRect(column * 2, bottom - height, 2, height);
      bottom -= height;
    }
  }
}

/** How many requests were in flight, and where one failed. */
export function drawNetwork({ app, context, colour, lane, x, left, width, from, to }) {
  const columns = Math.ceil(width) + 1, change = new Int32Array(columns + 1), bad = new Uint8Array(columns);
  const column = (ms) => Math.min(columns - 1, Math.max(Math.floor(left), Math.floor(x(ms))));
  for (const record of app.requests.records) {
    if (record.start > to) break;
    const end = Number.isNaN(record.end) ? app.session.end : record.end;
    if (end < from) continue;
    ++change[column(record.start)];
    --change[column(end) + 1];
    if (app.problematic(record)) bad[column(end)] = 1;
  }
  const heights = new Int32Array(columns);
  let flying = 0, most = 8;
  for (let c = 0; c < columns; ++c) {
    flying += change[c];
    heights[c] = flying;
    most = Math.max(most, flying);
  }
  const bottom = lane.top + lane.height;
  context.fillStyle = colour('network');
  for (let c = 0; c < columns; ++c) {
    if (!heights[c]) continue;
    const height = Math.max(2, Math.sqrt(heights[c] / most) * (lane.height - 3));
    context.fillRect(c, bottom - height, 1, height);
  }
  context.fillStyle = colour('error');
  for (let c = 0; c < columns; ++c) if (bad[c]) context.fillRect(c - 1, lane.top + 1, 2, 5);
}

/** Each navigation from its start to the next one; its loading darker, LCP and load as marks. */
export function drawPages({ app, context, colour, lane, x, width, from, to }) {
  const { navigations } = app.pages, tall = lane.height - 4;
  for (const [n, navigation] of navigations.entries()) {
    const next = navigations[n + 1]?.start ?? app.session.end;
    if (next < from || navigation.start > to) continue;
    const a = Math.max(x(navigation.start), -10), b = Math.min(x(next), width + 10);
    context.fillStyle = colour('page-soft');
    context.fillRect(a, lane.top + 2, Math.max(1, b - a - 1), tall);
    if (navigation.load >= 0) {
      context.fillStyle = colour('page-load');
      context.fillRect(a, lane.top + 2, Math.max(1, Math.min(b, x(navigation.start + navigation.load)) - a), tall);
    }
    context.fillStyle = colour('page');
    if (b - a > 6) context.fillRect(a, lane.top + 2, 2, tall);
    if (navigation.lcp >= 0 && b - a > 40) {
      const at = x(navigation.start + navigation.lcp);
      context.fillRect(at, lane.top + 2 + tall - 6, 2, 6);
    }
    label(context, colour, navigation.url, a + 6, lane.top + lane.height / 2, b - a - 10);
  }
}

function label(context, colour, url, x, y, room) {
  if (room < 40) return;
  const { host, rest } = splitUrl(url);
  let text = inLine(rest === '/' ? host : rest, 120);
  while (text.length > 1 && context.measureText(text).width > room) text = text.slice(0, Math.floor(text.length * 0.85) - 1) + '…';
  if (text.length < 4) return;
  context.fillStyle = colour('text');
  context.fillText(text, x, y);
}

/** Connections as lines, calls as bars on them. */
export function drawCalls({ app, context, colour, lane, x, left, width, from, to }) {
  for (const span of app.spans) {
    if (span.start > to) break;
    if (span.end < from || span.kind === 'command') continue;
    const a = Math.max(x(span.start), left), b = Math.min(x(span.end), width), level = app.levels[span.close >= 0 ? span.close : span.event];
    context.fillStyle = level === ERROR ? colour('error') : colour(span.kind === 'call' ? 'control' : 'connection');
    if (span.kind === 'call') context.fillRect(a, lane.top + 3, Math.max(2, b - a), lane.height - 11);
    else context.fillRect(a, lane.top + lane.height - 5, Math.max(2, b - a), 3);
  }
}
