// Calls of the API and connections, as spans of time.

const ENDS = { __proto__: null, cdp_disconnect: 'cdp_connect', live_view_disconnect: 'live_view_connect' };
const CALLS = new Set(['api_call', 'platform_api_call']);

/** `{ event, close, start, end, kind, label, note }` in the order they began; an open connection ends with the session. */
export function findSpans(session) {
  const spans = [], open = new Map();
  for (let i = 0; i < session.count; ++i) {
    const name = session.name(i), at = session.at[i], get = (field) => session.get(i, field);
    if (CALLS.has(name)) {
      spans.push({ event: i, close: -1, start: at - Math.max(0, get('duration_ms') ?? 0), end: at, kind: 'call' });
    } else if (name === 'cdp_command') {
      spans.push({ event: i, close: -1, start: at, end: at, kind: 'command' });
    } else if (name === 'cdp_connect' || name === 'live_view_connect') {
      const span = { event: i, close: -1, start: at, end: session.end, kind: 'connection' };
      spans.push(span);
      open.set(`${name} ${get('connection_id') ?? get('session_id')}`, span);
    } else if (ENDS[name]) {
      const key = `${ENDS[name]} ${get('connection_id') ?? get('session_id')}`, span = open.get(key);
      open.delete(key);
      if (span) Object.assign(span, { close: i, end: at });
      else spans.push({ event: i, close: -1, start: at - Math.max(0, get('duration_ms') ?? 0), end: at, kind: 'connection' });
    }
  }
  return spans.sort((a, b) => a.start - b.start || a.event - b.event);
}
