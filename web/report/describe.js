// What one event is called in a list, and how bad it is.
import { bytes, count, duration } from './text.js';

export const PLAIN = 0;
export const WARNING = 1;
export const ERROR = 2;

const NOTHING = () => [''];
const position = (x, y) => (x === null ? '' : `${x}, ${y}`);
const call = (get) => [get('operation_id') ?? '', [get('status'), get('code'), duration(get('duration_ms') ?? NaN)].filter(Boolean).join(' · ')];

// type → [text, note]
const SAY = {
  __proto__: null,  // a type may be called "constructor"
  console_log: (get) => [get('text') ?? '', get('at') ?? ''],
  console_error: (get) => [get('text') ?? '', get('at') ?? ''],
  network_request: (get) => [`${get('method') ?? ''} ${get('url') ?? ''}`, [get('resource_type'), get('is_redirect') && 'redirect'].filter(Boolean).join(' · ')],
  network_response: (get) => [`${get('status') ?? ''} ${get('url') ?? ''}`, [get('mime_type'), bytes(get('bytes') ?? NaN)].filter(Boolean).join(' · ')],
  network_loading_failed: (get) => [`${get('error_text') ?? 'failed'} ${get('url') ?? ''}`, get('canceled') ? 'canceled' : get('resource_type') ?? ''],
  network_idle: (get) => [get('url') ?? '', 'nothing in flight for 500 ms'],
  proxy_error: (get) => [`${get('code') ?? ''} ${get('url') ?? ''}`, `${get('status') ?? ''}`],
  page_navigation: (get) => [get('url') ?? '', get('parent_frame_id') ? 'frame' : get('target_type') ?? ''],
  page_dom_content_loaded: (get) => [get('url') ?? ''],
  page_load: (get) => [get('url') ?? ''],
  page_tab_opened: (get) => [get('url') ?? '', get('title') ?? ''],
  page_crashed: (get) => [get('url') ?? ''],
  page_layout_shift: (get) => [`shift of ${(get('value') ?? 0).toFixed(4)}`, get('had_recent_input') ? 'after input' : ''],
  page_lcp: (get) => [[get('element_id') && '#' + get('element_id'), get('lcp_url')].filter(Boolean).join(' ') || 'text', get('size') === null ? '' : `${get('size')} px²`],
  page_layout_settled: (get) => [get('url') ?? ''],
  page_navigation_settled: (get) => [get('url') ?? ''],
  interaction_click: (get) => [`${get('selector') ?? ''}${get('text') ? ` “${get('text')}”` : ''}`, position(get('x'), get('y'))],
  interaction_key: (get) => [`${get('key') ?? ''} in ${get('selector') ?? ''}`],
  interaction_scroll_settled: (get) => [get('target_selector') ?? '', `${position(get('from_x'), get('from_y'))} → ${position(get('to_x'), get('to_y'))}`],
  monitor_screenshot: (get) => ['', bytes(get('bytes') ?? NaN)],
  monitor_disconnected: (get) => [get('reason') ?? ''],
  monitor_reconnected: (get) => ['', `after ${duration(get('reconnect_duration_ms'))}`],
  monitor_reconnect_failed: (get) => [get('reason') ?? ''],
  monitor_init_failed: (get) => [get('step') ?? ''],
  telemetry_stopped: (get) => [get('reason') ?? '', 'none follow until there is room'],
  telemetry_dropped: (get) => [`${count(get('dropped') ?? 0)} ${get('of') ?? ''} ${get('dropped') === 1 ? 'event' : 'events'} lost: ${get('reason') ?? ''}`],
  api_call: call,
  platform_api_call: call,
  cdp_command: (get) => [get('method') ?? '', get('connection_id') ?? ''],
  cdp_connect: (get) => [get('connection_id') ?? ''],
  cdp_disconnect: (get) => [`${get('connection_id') ?? ''} ${get('reason') ?? ''}`, `${get('message_count') ?? 0} messages · ${duration(get('duration_ms'))}`],
  live_view_connect: NOTHING,
  live_view_disconnect: (get) => ['', duration(get('duration_ms'))],
  captcha_solve_started: (get) => [`${get('captcha_type') ?? ''} ${get('website_host') ?? ''}`],
  captcha_solve_result: (get) => [`${get('status') ?? ''} ${get('captcha_type') ?? ''} ${get('website_host') ?? ''}`, duration(get('duration_ms'))],
  captcha_challenge_result: (get) => [`${get('status') ?? ''} ${get('captcha_type') ?? ''} ${get('website_host') ?? ''}`, duration(get('duration_ms'))],
  system_oom_kill: (get) => [`${get('process_name') ?? ''} (pid ${get('pid') ?? '?'})`, bytes((get('rss_kb') ?? NaN) * 1024)],
  service_crashed: (get) => [`${get('service_name') ?? ''} ${get('phase') ?? ''}`, get('pid') === null ? '' : `pid ${get('pid')}`],
  archive_incomplete: (get) => [`what came after event ${get('last_seq') ?? '?'} was lost: ${get('reason') ?? ''}`],
  telemetry_damaged: (get) => [`${bytes(get('lost_bytes') ?? NaN)} of the spool could not be read`],
};

/** `{ text, note }` of an event. */
export function describe(session, i) {
  const get = (field) => session.get(i, field);
  const say = SAY[session.name(i)];
  const [text, note = ''] = say && get('preview') === null ? say(get) : [get('preview') ?? ''];
  return { text, note };
}

const badStatus = (get) => (get('status') >= 400 ? ERROR : PLAIN);
const badResult = (get) => (['failure', 'timeout'].includes(get('status')) ? ERROR : get('status') === 'abandoned' ? WARNING : PLAIN);

const JUDGE = {
  __proto__: null,
  console_error: () => ERROR,
  console_log: (get) => (/^warn/.test(get('level') ?? '') ? WARNING : PLAIN),
  network_response: badStatus,
  network_loading_failed: (get) => (get('canceled') ? PLAIN : ERROR),
  proxy_error: () => ERROR,
  page_crashed: () => ERROR,
  monitor_disconnected: () => WARNING,
  monitor_reconnect_failed: () => ERROR,
  monitor_init_failed: () => ERROR,
  telemetry_stopped: () => ERROR,
  telemetry_dropped: () => WARNING,
  archive_incomplete: () => ERROR,
  telemetry_damaged: () => ERROR,
  api_call: badStatus,
  platform_api_call: badStatus,
  cdp_disconnect: (get) => (get('telemetry_dropped') > 0 || get('reason') === 'upstream_error' ? ERROR : get('reason') === 'upstream_changed' ? WARNING : PLAIN),
  captcha_solve_result: badResult,
  captcha_challenge_result: badResult,
  system_oom_kill: () => ERROR,
  service_crashed: () => ERROR,
};
// System and monitor events that a newer server tells and this table does not know.
const SOUNDS_BAD = /crash|oom|fail|damaged|full|dropped|lost|killed|error/;

export function severity(session, i) {
  const name = session.name(i), judge = JUDGE[name];
  if (judge) return judge((field) => session.get(i, field));
  if (SAY[name]) return PLAIN;
  return ['system', 'monitor'].includes(session.category(i)) && SOUNDS_BAD.test(name) ? ERROR : PLAIN;
}
