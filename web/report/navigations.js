// Navigations of main frames, and what they were like for a user: load times, LCP, CLS.

// A shift belongs to the window of the one before it when it comes within a second, up to five seconds in all (web.dev/cls).
const SHIFT_GAP_MS = 1000, SHIFT_WINDOW_MS = 5000;
export const LIMITS = { lcp: [2500, 4000], cls: [0.1, 0.25], load: [3000, 6000] };  // good up to, poor from

export function findNavigations(session, requests) {
  const navigations = [], byLoader = new Map(), latest = new Map(), of = new Int32Array(session.count).fill(-1);
  const documents = new Map();  // loader → when its document was asked for
  for (const record of requests.records) {
    if (record.request < 0 || session.get(record.request, 'resource_type') !== 'Document') continue;
    const key = `${session.get(record.request, 'target_id')} ${session.get(record.request, 'loader_id')}`;
    if (!documents.has(key)) documents.set(key, record.start);
  }
  for (let i = 0; i < session.count; ++i) {
    const target = session.get(i, 'target_id');
    if (target === null) continue;
    const loader = session.get(i, 'loader_id'), key = `${target} ${loader}`;
    if (session.name(i) === 'page_navigation' && !session.get(i, 'parent_frame_id')) {
      const asked = documents.get(key);
      const navigation = { number: navigations.length, event: i, target, url: session.get(i, 'url') ?? '', committed: session.at[i],
                           start: asked !== undefined && asked <= session.at[i] ? asked : session.at[i],
                           dcl: NaN, load: NaN, settled: NaN, lcp: NaN, lcpEvent: -1, shifts: [], cls: NaN, requests: 0, errors: 0, end: session.end };
      const previous = latest.get(target);
      if (previous) previous.end = navigation.start;
      navigations.push(navigation);
      byLoader.set(key, navigation);
      latest.set(target, navigation);
    }
    const navigation = byLoader.get(key) ?? latest.get(target);
    if (!navigation) continue;
    of[i] = navigation.number;
    learn(session, i, navigation);
  }
  for (const navigation of navigations) navigation.cls = layoutShift(navigation.shifts);
  return { navigations, of };
}

function learn(session, i, navigation) {
  const since = session.at[i] - navigation.start;
  switch (session.name(i)) {
    case 'page_dom_content_loaded': if (ofMainFrame(session, i, navigation)) navigation.dcl = first(navigation.dcl, since); break;
    case 'page_load': if (ofMainFrame(session, i, navigation)) navigation.load = first(navigation.load, since); break;
    case 'page_navigation_settled': navigation.settled = first(navigation.settled, since); break;
    case 'page_lcp': {
      const ms = painted(session, i) - navigation.start;
      if (ms >= 0) { navigation.lcp = ms; navigation.lcpEvent = i; }  // the last candidate is the largest
      break;
    }
    case 'page_layout_shift':
      if (!session.get(i, 'had_recent_input')) navigation.shifts.push({ at: session.at[i], value: session.get(i, 'value') ?? 0 });
      break;
    case 'network_request': ++navigation.requests; break;
  }
}

const first = (known, value) => (Number.isNaN(known) ? value : known);

function ofMainFrame(session, i, navigation) {
  const frame = session.get(i, 'frame_id'), main = session.get(navigation.event, 'frame_id');
  return frame === null || main === null || frame === main;
}

// When the candidate was painted, on the session's clock. Chromium tells seconds since the epoch; 0 where it keeps it to itself.
function painted(session, i) {
  for (const field of ['render_time', 'load_time', 'time']) {
    const seconds = session.get(i, field);
    if (seconds > 1e8 && seconds < 1e11) return seconds * 1000 - session.start / 1000;
  }
  return session.at[i];
}

/** The largest window of shifts. */
export function layoutShift(shifts) {
  let worst = 0, sum = 0, begin = -Infinity, last = -Infinity;
  for (const { at, value } of shifts) {
    if (at - last > SHIFT_GAP_MS || at - begin > SHIFT_WINDOW_MS) { sum = 0; begin = at; }
    sum += value;
    last = at;
    worst = Math.max(worst, sum);
  }
  return worst;
}

/** 'good', 'fair' or 'poor'; '' for what was not measured. */
export function grade(what, value) {
  if (!(value >= 0)) return '';
  const [good, poor] = LIMITS[what];
  return value <= good ? 'good' : value < poor ? 'fair' : 'poor';
}
