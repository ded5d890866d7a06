// A long, plausible session: a user, or an agent, shops for a while. The same arguments always give the same
// session.
import { png } from './png.mjs';
import { recorder } from './sessions.mjs';

const WORDS = 'amber basil cedar delta ember fjord grove harbor island juniper kelp linen maple north opal pine quartz river saffron tundra'.split(' ');
const RESOURCES = [['Script', 'js', 'text/javascript', 60_000], ['Image', 'webp', 'image/webp', 45_000], ['Stylesheet', 'css', 'text/css', 18_000], ['Font', 'woff2', 'font/woff2', 32_000],
                   ['Image', 'jpg', 'image/jpeg', 90_000], ['Fetch', 'json', 'application/json', 3_000], ['Image', 'svg', 'image/svg+xml', 4_000], ['Script', 'js', 'text/javascript', 24_000]];
const HEADERS = { 'sec-ch-ua-platform': '"Linux"', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36', Referer: 'https://shop.example/', 'sec-ch-ua': '"Chromium";v="156"', 'sec-ch-ua-mobile': '?0' };

/** mulberry32: small, and the same everywhere. */
function dice(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function screenshot(random, page) {
  const tint = [0xfdfdfb, 0xf2f5fa, 0xfaf6f0][page % 3], boxes = [[0, 0, 960, 540, tint], [0, 0, 960, 52, 0x24405f], [24, 16, 120, 20, 0xffffff], [700, 18, 220, 16, 0x5d7ba0]];
  for (let row = 0; row < 2; ++row) for (let column = 0; column < 4; ++column) {
    const x = 24 + column * 232, y = 84 + row * 220, shade = Math.floor(random() * 60);
    boxes.push([x, y, 212, 140, 0x8fa8b8 + shade * 0x10203], [x, y + 152, 160, 12, 0x444444], [x, y + 172, 80, 10, 0x999999]);
  }
  return png(960, 540, boxes).toString('base64');
}

/** Pages are visited until there are `events` events. */
export function shopping({ events, seed = 1, screenshots = true }) {
  const random = dice(seed), log = recorder(), pick = (list) => list[Math.floor(random() * list.length)];
  const todo = [];
  let now = 0, request = 0, page = 0, shot = 0;
  const API = { kind: 'kernel_api' };
  const later = (at, ...event) => todo.push([at, todo.length, event]);
  const flush = () => {
    todo.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [at, , event] of todo) if (log.envelopes.length < events) log.add(at, ...event);
    todo.length = 0;
  };
  later(0, 'cdp_connect', 'connection', { connection_id: 'c1' }, API);
  while (log.envelopes.length < events) {
    const loader = `L${++page}`, url = page === 1 ? 'https://shop.example/' : `https://shop.example/${pick(['item', 'category', 'search', 'basket'])}/${pick(WORDS)}-${pick(WORDS)}`;
    const tab = page % 9 === 8 ? 'T2' : 'T1', context = { session_id: `S-${tab}`, target_id: tab, target_type: 'page', nav_seq: page, frame_id: `F-${tab}`, loader_id: loader };
    const start = now, epoch = (ms) => 1790847000 + ms / 1000;
    const fetched = (at, took, resource, address, status, body) => {
      const [type, , mime, size] = resource, id = type === 'Document' ? loader : `${1000 + page}.${++request}`, about = { ...context, url: address, request_id: id, method: body ? 'POST' : 'GET', resource_type: type };
      later(at, 'network_request', 'network', { ...about, document_url: url, headers: { ...HEADERS, Accept: '*/*' }, initiator_type: type === 'Document' ? 'other' : 'parser', ...(body && { post_data: body }) });
      if (status === 'failed') return later(at + took, 'network_loading_failed', 'network', { ...about, error_text: 'net::ERR_CONNECTION_RESET', canceled: false });
      if (status === 'canceled') return later(at + took, 'network_loading_failed', 'network', { ...about, error_text: 'net::ERR_ABORTED', canceled: true });
      const text = /json|javascript|html|css/.test(mime) ? `{"products":[${Array.from({ length: 12 }, () => `{"name":"${pick(WORDS)} ${pick(WORDS)}","price":${(random() * 90).toFixed(2)}}`)}]}` : undefined;
      later(at + took, 'network_response', 'network', { ...about, status, status_text: status < 400 ? 'OK' : 'Error', mime_type: mime, ...(text && { body: text }),
        headers: { 'content-type': mime, 'content-length': String(Math.round(size * (0.4 + random()))), date: 'Thu, 01 Oct 2026 09:30:00 GMT', server: 'edge', etag: `"${Math.floor(random() * 1e9).toString(16)}"`, 'cache-control': 'max-age=3600', vary: 'Accept-Encoding' } });
    };
    fetched(now, 80 + random() * 220, ['Document', '', 'text/html', 24_000], url, 200);
    later(now + 120 + random() * 60, 'page_navigation', 'page', { session_id: context.session_id, target_id: tab, target_type: 'page', url, frame_id: context.frame_id, loader_id: loader });
    let end = now + 300;
    for (let n = 0, many = 24 + Math.floor(random() * 40); n < many; ++n) {
      const resource = pick(RESOURCES), at = now + 180 + Math.floor(n / 6) * 40 + random() * 60, took = 15 + random() ** 3 * 900, luck = random();
      const api = resource[0] === 'Fetch', address = api ? `https://api.shop.example/v2/${pick(['products', 'stock', 'prices', 'recommendations'])}?q=${pick(WORDS)}&page=${n}` : `https://cdn.shop.example/assets/${pick(WORDS)}-${pick(WORDS)}.${(n * 7919 % 65536).toString(16)}.${resource[1]}`;
      fetched(at, took, resource, address, luck < 0.006 ? 'failed' : luck < 0.012 ? 'canceled' : api && luck < 0.05 ? pick([503, 404, 500]) : luck < 0.016 ? 404 : 200, api && random() < 0.2 ? '{"basket":[17,4]}' : undefined);
      end = Math.max(end, at + took);
    }
    const lcp = now + 500 + random() ** 2 * 3200;
    later(now + 420 + random() * 200, 'page_dom_content_loaded', 'page', { ...context, url, cdp_timestamp: 1 });
    later(lcp, 'page_lcp', 'page', { ...context, url, source_frame_id: context.frame_id, time: epoch(lcp), lcp_details: { render_time: epoch(lcp), load_time: epoch(lcp - 20), size: 96_000, element_id: 'hero', url: 'https://cdn.shop.example/assets/hero.webp' } });
    for (let n = 0; n < random() * 4; ++n) later(now + 500 + random() * 1500, 'page_layout_shift', 'page', { ...context, url, source_frame_id: context.frame_id, layout_shift_details: { value: random() * 0.07, had_recent_input: false } });
    later(end + 20, 'page_load', 'page', { ...context, url, cdp_timestamp: 1 });
    later(end + 520, 'network_idle', 'network', { ...context, url });
    later(end + 1020, 'page_navigation_settled', 'page', { ...context, url });
    for (let n = 0; n < 4 + random() * 10; ++n) {
      const at = now + 200 + random() * 3000, source = `https://cdn.shop.example/assets/app.${page % 3}.js`;
      const stack = { callFrames: [{ functionName: pick(['render', 'load', 'update', 'onClick']), scriptId: '8', url: source, lineNumber: Math.floor(random() * 900), columnNumber: 12 }] };
      const luck = random();
      if (luck < 0.05) later(at, 'console_error', 'console', { ...context, url, text: pick(['TypeError: Cannot read properties of undefined (reading \'price\')', 'ReferenceError: analytics is not defined']), line: 3, column: 9, source_url: source, stack_trace: stack });
      else if (luck < 0.1) later(at, 'console_error', 'console', { ...context, url, level: 'error', text: `Failed to load recommendations for ${pick(WORDS)}`, args: ['…'], stack_trace: stack });
      else later(at, 'console_log', 'console', { ...context, url, level: luck < 0.2 ? 'warning' : pick(['log', 'info', 'debug']), text: luck < 0.2 ? `Deprecated: ${pick(WORDS)} will be removed` : `[${pick(['cart', 'router', 'metrics'])}] ${pick(WORDS)} ${pick(WORDS)} in ${Math.floor(random() * 90)} ms`, args: [], stack_trace: stack });
    }
    let at = end + 600;
    for (let n = 0; n < 2 + random() * 6; ++n) {
      at += 150 + random() * 1800;
      const luck = random();
      later(at - 30 - random() * 40, 'api_call', 'control', { operation_id: luck < 0.4 ? 'clickMouse' : luck < 0.7 ? 'typeText' : 'takeScreenshot', request_id: `req-${request}-${n}`, status: luck > 0.97 ? 502 : 200, duration_ms: 8 + random() * 180 }, API);
      if (luck < 0.4) later(at, 'interaction_click', 'interaction', { ...context, url, x: Math.floor(random() * 1200), y: Math.floor(random() * 700), selector: `#${pick(WORDS)} > button`, tag: 'BUTTON', text: pick(['Add to basket', 'Show more', 'Next']) });
      else if (luck < 0.7) later(at, 'interaction_key', 'interaction', { ...context, url, key: pick(['a', 'e', 'Enter', 'Tab']), selector: '#search', tag: 'INPUT' });
      else later(at, 'interaction_scroll_settled', 'interaction', { ...context, url, from_x: 0, from_y: 0, to_x: 0, to_y: Math.floor(random() * 2400), target_selector: 'html' });
    }
    now = at + 500 + random() * 2500;
    for (; screenshots && shot < now; shot += 5000) if (shot >= start) later(shot, 'monitor_screenshot', 'screenshot', { png: screenshot(random, page) });
    if (page === 6) later(now - 200, 'system_oom_kill', 'system', { process_name: 'chromium', pid: 412, rss_kb: 1_480_000, constraint: 'memcg', top_tasks: [{ pid: 412, name: 'chromium', rss_kb: 1_480_000 }] }, { kind: 'local_process' });
    if (page % 12 === 5) {
      later(now - 100, 'cdp_disconnect', 'connection', { duration_ms: 30_000, message_count: 912, reason: 'client_close', connection_id: `c${Math.ceil(page / 12)}` }, API);
      later(now - 50, 'cdp_connect', 'connection', { connection_id: `c${Math.ceil(page / 12) + 1}` }, API);
    }
    flush();
  }
  return log;
}
