// What went wrong, the same things together, the worst first.
import { describe, ERROR } from './describe.js';
import { splitUrl } from './text.js';

// How grave a kind is: the smaller, the further up.
const ORDER = ['system_oom_kill', 'service_crashed', 'page_crashed', 'archive_incomplete', 'telemetry_damaged', 'telemetry_stopped', 'missing', 'monitor_reconnect_failed', 'monitor_init_failed',
               'proxy_error', 'exception', 'network_loading_failed', 'server error', 'console_error', 'client error'];
const LABELS = {
  __proto__: null,
  system_oom_kill: 'Out of memory', service_crashed: 'Service crashed', page_crashed: 'Page crashed', missing: 'Events missing',
  monitor_reconnect_failed: 'Monitor lost', monitor_init_failed: 'Monitor failed', telemetry_damaged: 'Events damaged', archive_incomplete: 'Archive incomplete',
  telemetry_stopped: 'Telemetry stopped', proxy_error: 'Proxy error', exception: 'Exception',
  network_loading_failed: 'Request failed', 'server error': 'Server error', console_error: 'console.error', 'client error': 'Client error',
  api_call: 'API call failed', platform_api_call: 'API call failed', cdp_disconnect: 'Connection lost', captcha_solve_result: 'Captcha',
  captcha_challenge_result: 'Captcha',
};

function kindOf(session, i) {
  const name = session.name(i);
  if (name === 'console_error') return session.get(i, 'level') === null ? 'exception' : name;
  if (name === 'network_response') return session.get(i, 'status') >= 500 ? 'server error' : 'client error';
  return name;
}

// The same failure of a host's many files, and the same answer of an endpoint whatever its query, are one problem.
function textOf(session, i) {
  const name = session.name(i);
  if (name === 'network_loading_failed') return `${session.get(i, 'error_text') ?? ''} ${splitUrl(session.get(i, 'url') ?? '').host}`;
  return describe(session, i).text.replace(/\?\S*/, '');
}

/** Groups `{ kind, label, text, events }`: of each kind the most frequent first, then of each the next one, and so on. */
export function groupProblems(session, levels) {
  const groups = new Map();
  for (let i = 0; i < session.count; ++i) {
    if (levels[i] !== ERROR) continue;
    const kind = kindOf(session, i), text = textOf(session, i), key = `${kind}\n${text}`;
    let group = groups.get(key);
    if (!group) groups.set(key, group = { kind, label: LABELS[kind] ?? kind, text, events: [] });
    group.events.push(i);
  }
  const rank = ({ kind }) => (ORDER.indexOf(kind) + ORDER.length + 1) % (ORDER.length + 1);
  const seen = new Map();
  return [...groups.values()]
    .sort((a, b) => b.events.length - a.events.length || a.events[0] - b.events[0])
    .map((group) => {
      const turn = seen.get(group.kind) ?? 0;
      seen.set(group.kind, turn + 1);
      return { ...group, turn };
    })
    .sort((a, b) => a.turn - b.turn || rank(a) - rank(b));
}

/** Numbers that are skipped between events: `{ count, after }`, `after` being the event before the first gap. */
export function findGaps(session) {
  let count = 0, after = -1;
  for (let i = 1; i < session.count; ++i) {
    const skipped = session.seq(i) - session.seq(i - 1) - 1;
    if (skipped <= 0) continue;
    count += skipped;
    if (after < 0) after = i - 1;
  }
  return { count, after };
}
