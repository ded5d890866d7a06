// Sessions invented after the tables of wire-api §3: one with every type, a hostile one, and a long one in a
// shop.
import { png } from './png.mjs';

const START_US = 1790847000000000;
const TARGET = { session_id: 'S1', target_id: 'T1', target_type: 'page' };

/** Collects envelopes; `at` is milliseconds since the session began. */
export function recorder() {
  const envelopes = [];
  let seq = 0, last = 0;
  return {
    envelopes,
    add(at, type, category, data, source = { kind: 'cdp' }, more = {}) {
      last = Math.max(last, Math.round(at * 1000));
      envelopes.push({ seq: ++seq, event: { ts: START_US + last, type, category, source, data, ...more } });
    },
    skip(count) { seq += count; },
    text: () => envelopes.map((envelope) => JSON.stringify(envelope)).join('\n') + '\n',
  };
}

const API = { kind: 'kernel_api' }, LOCAL = { kind: 'local_process' };

/** Each type of the tables, in an order that could have happened. */
export function everyType() {
  const log = recorder(), { add } = log;
  const context = { ...TARGET, nav_seq: 1, frame_id: 'F1', loader_id: 'L1', url: 'https://shop.example/' };
  const seconds = (ms) => START_US / 1e6 + ms / 1000;
  add(0, 'cdp_connect', 'connection', { connection_id: 'c1' }, API);
  add(5, 'live_view_connect', 'connection', { session_id: 'viewer-1' }, LOCAL);
  add(8, 'cdp_command', 'control', { method: 'Page.navigate', command_id: 4, connection_id: 'c1' }, API);
  add(10, 'page_tab_opened', 'page', { target_id: 'T1', target_type: 'page', url: 'about:blank', title: 'New tab' });
  add(20, 'network_request', 'network', { ...context, request_id: 'L1', method: 'GET', document_url: 'https://shop.example/', headers: { 'User-Agent': 'Test', Cookie: 'cart=3' }, initiator_type: 'other', resource_type: 'Document' });
  add(90, 'page_navigation', 'page', { ...TARGET, url: 'https://shop.example/', frame_id: 'F1', loader_id: 'L1' });
  add(95, 'network_response', 'network', { ...context, request_id: 'L1', method: 'GET', status: 200, status_text: 'OK', headers: { 'content-type': 'text/html', 'content-length': '18200' }, mime_type: 'text/html', resource_type: 'Document', body: '<!doctype html><title>Shop</title>' });
  add(100, 'network_request', 'network', { ...context, url: 'https://shop.example/old', request_id: 'R2', method: 'GET', document_url: 'https://shop.example/', headers: {}, initiator_type: 'script', resource_type: 'Fetch' });
  add(120, 'network_request', 'network', { ...context, url: 'https://shop.example/new', request_id: 'R2', method: 'GET', document_url: 'https://shop.example/', headers: {}, initiator_type: 'script', resource_type: 'Fetch', is_redirect: true, redirect_url: 'https://shop.example/old' });
  add(150, 'network_response', 'network', { ...context, url: 'https://shop.example/new', request_id: 'R2', method: 'GET', status: 204, status_text: 'No Content', headers: {}, mime_type: '', resource_type: 'Fetch' });
  add(160, 'network_request', 'network', { ...context, url: 'https://shop.example/api/cart?user=7', request_id: 'R3', method: 'POST', document_url: 'https://shop.example/', headers: { 'Content-Type': 'application/json' }, initiator_type: 'script', resource_type: 'XHR', post_data: '{"item":17}' });
  add(260, 'network_response', 'network', { ...context, url: 'https://shop.example/api/cart?user=7', request_id: 'R3', method: 'POST', status: 500, status_text: 'Internal Server Error', headers: { 'Content-Type': 'application/json' }, mime_type: 'application/json', resource_type: 'XHR', body: '{"error":"needle-in-a-body"}' });
  add(265, 'network_request', 'network', { ...context, url: 'https://ads.example/pixel.gif', request_id: 'R4', method: 'GET', document_url: 'https://shop.example/', headers: {}, initiator_type: 'parser', resource_type: 'Image' });
  add(270, 'network_loading_failed', 'network', { ...context, url: 'https://ads.example/pixel.gif', request_id: 'R4', error_text: 'net::ERR_BLOCKED_BY_CLIENT', canceled: false, resource_type: 'Image' });
  add(275, 'network_request', 'network', { ...context, url: 'https://far.example/', request_id: 'R5', method: 'GET', document_url: 'https://shop.example/', headers: {}, initiator_type: 'script', resource_type: 'Fetch' });
  add(280, 'proxy_error', 'network', { ...context, url: 'https://far.example/', request_id: 'R5', code: 'upstream_timeout', status: 504, method: 'GET', resource_type: 'Fetch' });
  add(300, 'page_dom_content_loaded', 'page', { ...context, cdp_timestamp: 12.3 });
  add(310, 'console_log', 'console', { ...context, level: 'log', text: 'shop ready', args: ['shop ready'], stack_trace: { callFrames: [{ functionName: 'boot', scriptId: '4', url: 'https://shop.example/app.js', lineNumber: 11, columnNumber: 4 }] } });
  add(320, 'console_log', 'console', { ...context, level: 'warning', text: 'slow cart' });
  add(330, 'console_error', 'console', { ...context, level: 'error', text: 'cart failed', args: ['cart failed'] });
  add(340, 'console_error', 'console', { ...context, text: 'TypeError: cart is undefined', line: 42, column: 9, source_url: 'https://shop.example/cart.js', stack_trace: { callFrames: [{ functionName: 'add', scriptId: '5', url: 'https://shop.example/cart.js', lineNumber: 41, columnNumber: 8 }], parent: { callFrames: [], description: 'Promise.then' } } });
  add(410, 'page_lcp', 'page', { ...context, source_frame_id: 'F1', time: seconds(400), duration: 0, lcp_details: { render_time: seconds(400), load_time: seconds(390), size: 40000, element_id: 'hero', url: 'https://shop.example/hero.jpg', node_id: 9 } });
  add(420, 'page_layout_shift', 'page', { ...context, source_frame_id: 'F1', time: seconds(420), duration: 0, layout_shift_details: { value: 0.08, had_recent_input: false } });
  add(500, 'page_load', 'page', { ...context, cdp_timestamp: 12.5 });
  add(1000, 'network_idle', 'network', context);
  add(1500, 'page_layout_settled', 'page', context);
  add(1501, 'page_navigation_settled', 'page', context);
  add(1600, 'interaction_click', 'interaction', { ...context, x: 120, y: 64, selector: '#buy', tag: 'BUTTON', text: 'Buy' });
  add(1700, 'interaction_key', 'interaction', { ...context, key: 'Enter', selector: '#query', tag: 'INPUT' });
  add(1800, 'interaction_scroll_settled', 'interaction', { ...context, from_x: 0, from_y: 0, to_x: 0, to_y: 900, target_selector: 'html' });
  add(2000, 'monitor_screenshot', 'screenshot', { png: png(320, 200, [[0, 0, 320, 200, 0xf4f6f8], [0, 0, 320, 30, 0x2456a6], [20, 50, 180, 20, 0x333333], [20, 80, 280, 100, 0xdde5ee]]).toString('base64') });
  add(2050, 'api_call', 'control', { operation_id: 'takeScreenshot', request_id: 'req-1', status: 200, duration_ms: 38.4 }, API);
  add(2100, 'platform_api_call', 'platform', { operation_id: 'processExec', request_id: 'req-2', status: 400, duration_ms: 3 }, API);
  add(2200, 'captcha_solve_started', 'captcha', { captcha_type: 'turnstile', task_id: 't1', website_host: 'shop.example' }, { kind: 'extension' });
  add(2300, 'captcha_solve_result', 'captcha', { captcha_type: 'turnstile', status: 'timeout', duration_ms: 100, task_id: 't1', website_host: 'shop.example' }, { kind: 'extension' });
  add(2310, 'captcha_challenge_result', 'captcha', { captcha_type: 'turnstile', status: 'solved', challenge_id: 'ch1', duration_ms: 100 }, { kind: 'extension' });
  add(2400, 'system_oom_kill', 'system', { process_name: 'chromium', pid: 41, rss_kb: 900000, constraint: 'memcg', top_tasks: [{ pid: 41, name: 'chromium', rss_kb: 900000 }] }, LOCAL);
  add(2450, 'page_crashed', 'page', { target_id: 'T1', target_type: 'page', url: 'https://shop.example/' });
  add(2500, 'service_crashed', 'system', { service_name: 'chromium', phase: 'running', pid: 40 }, LOCAL);
  add(2510, 'monitor_disconnected', 'monitor', { reason: 'chrome_restarted' }, LOCAL);
  add(2700, 'monitor_reconnected', 'monitor', { reconnect_duration_ms: 190 }, LOCAL);
  add(2800, 'monitor_reconnect_failed', 'monitor', { reason: 'reconnect_exhausted' }, LOCAL);
  add(2810, 'monitor_init_failed', 'monitor', { step: 'Network.enable' }, LOCAL);
  add(2820, 'telemetry_stopped', 'monitor', { reason: 'disk_full' }, LOCAL);
  add(2830, 'telemetry_dropped', 'monitor', { dropped: 12, reason: 'rate', category: 'console' }, LOCAL);
  add(2840, 'telemetry_damaged', 'system', { lost_bytes: 4096 }, LOCAL);
  add(2841, 'archive_incomplete', 'monitor', { last_seq: 71, last_contact: START_US + 2_800_000, reason: 'spool_missing' }, LOCAL);
  add(2900, 'live_view_disconnect', 'connection', { session_id: 'viewer-1', duration_ms: 2895 }, LOCAL);
  add(3000, 'cdp_disconnect', 'connection', { duration_ms: 3000, message_count: 912, reason: 'client_close', connection_id: 'c1' }, API);
  add(3010, 'page_teleported', 'page', { of: 'a type that nobody knows yet' });
  return log;
}

/** What a page would say to get out of the box: into every text that a page has a say in. */
export const ATTACKS = [
  '<script>window.canary = 1</script>', '</script><script>window.canary = 2</script>', '<!--<script>', '-->', '<img src=x onerror="window.canary=3">',
  '"><svg onload=window.canary=4>', "'); window.canary = 5; //", 'javascript:window.canary=6', 'data:text/html,<script>window.canary=7</script>',
  '</style><style>* { display: none }', '{{data}}{{script}}', '\u2028window.canary=8\u2029', '\u202egnp.exe\u202c evil', '\u200b\u2066\u0000\u001b[31m',
  '\ud83d\ude00 ok', '${window.canary=9}', '`', '__proto__', 'constructor', '%3Cscript%3E', '&lt;script&gt;', '</title>', ']]>', '<a href="javascript:window.canary=10">x</a>',
  'position:fixed;inset:0;background:url(https://leak.example/)', 'x'.repeat(100_000),
];

export function hostile() {
  const log = recorder();
  let at = 0;
  for (const text of ATTACKS) {
    const context = { session_id: text, target_id: text, target_type: text, nav_seq: 1, frame_id: text, loader_id: text, url: text };
    const add = (type, category, data, source) => log.add(at += 7, type, category, data, source);
    add('network_request', 'network', { ...context, request_id: text, method: text, document_url: text, headers: { [text]: text, Cookie: text }, initiator_type: text, resource_type: text, post_data: text });
    add('network_response', 'network', { ...context, request_id: text, method: text, status: 500, status_text: text, headers: { [text]: text, 'content-length': text }, mime_type: text, resource_type: text, body: text });
    add('network_request', 'network', { ...context, request_id: text + '2', method: text, document_url: text, headers: {}, initiator_type: text });
    add('network_loading_failed', 'network', { ...context, request_id: text + '2', error_text: text, canceled: false });
    add('console_error', 'console', { ...context, text, args: [text], source_url: text, line: 1, stack_trace: { callFrames: [{ functionName: text, url: text, lineNumber: 1, columnNumber: 1, scriptId: text }], description: text, parent: { callFrames: [{ functionName: text }] } } });
    add('page_navigation', 'page', { session_id: text, target_id: text, target_type: text, url: text, frame_id: text, loader_id: text });
    add('page_tab_opened', 'page', { target_id: text, target_type: 'page', url: text, title: text, opener_id: text });
    add('page_lcp', 'page', { ...context, lcp_details: { element_id: text, url: text, render_time: text, size: text } });
    add('interaction_click', 'interaction', { ...context, x: text, y: {}, selector: text, tag: text, text });
    add('interaction_key', 'interaction', { ...context, key: text, selector: text, tag: text });
    add('monitor_screenshot', 'screenshot', { png: text });
    add('api_call', 'control', { operation_id: text, request_id: text, status: text, duration_ms: text });
    add('service_crashed', 'system', { service_name: text, phase: text, pid: text });
    add(text, text.length > 200 ? 'page' : text, { [text]: text }, { kind: text, event: text });
  }
  for (const data of [null, 7, 'text', [], [[[1]]], { headers: 7, body: 7, text: {}, url: [], status: 1e308, duration_ms: -1, png: 7, stack_trace: 7 }])
    for (const [type, category] of [['network_request', 'network'], ['network_response', 'network'], ['console_error', 'console'], ['page_navigation', 'page'], ['page_layout_shift', 'page'],
      ['page_lcp', 'page'], ['monitor_screenshot', 'screenshot'], ['cdp_disconnect', 'connection'], ['api_call', 'control'], ['page_load', 'network']])
      log.add(at += 3, type, category, data);
  return log;
}
