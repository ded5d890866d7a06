// Records a real session: a user goes through a small shop on loopback, with all telemetry on.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { png } from './png.mjs';

const require = createRequire(new URL('../conformance/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const WORDS = 'amber basil cedar delta ember fjord grove harbor island juniper kelp linen maple north opal pine quartz river saffron tundra'.split(' ');
const COLOURS = [0xc96f4a, 0x6a8f5b, 0x4a7fa5, 0xb59a4a, 0x8a6ba8, 0x4d9a94, 0xa8566b, 0x6f7680];
const ITEMS_A_PAGE = 24;

const picture = (number) => png(220, 160, [[0, 0, 220, 160, COLOURS[number % 8]], [20 + number % 5 * 12, 24, 110, 90, COLOURS[(number * 3 + 2) % 8]], [60, 60 + number % 7 * 6, 120, 60, 0xf4efe6]]);
const pictures = Array.from({ length: 8 }, (_, number) => picture(number));

const STYLE = `body{font:15px/1.5 system-ui;margin:0;background:#faf8f4;color:#2a2622}header{background:#2d4a3e;color:#fff;padding:14px 28px;display:flex;gap:24px;align-items:center}
header b{font-size:20px}main{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:18px;padding:24px 28px;max-width:1280px}article{background:#fff;border-radius:10px;overflow:hidden}
article img{width:100%;height:150px;object-fit:cover;display:block}article p{margin:8px 12px}button{margin:0 12px 12px;padding:6px 14px;border:0;border-radius:6px;background:#2d4a3e;color:#fff}input{padding:7px 12px;border-radius:6px;border:0;width:240px}#offer{height:0;overflow:hidden;background:#f3dfb5;text-align:center}`;
const SCRIPT = `const page = Number(new URL(location).searchParams.get('page'));
console.log('[shop] page', page, { items: document.querySelectorAll('article').length });
for (const word of ['stock', 'prices']) fetch('/api/' + word + '?page=' + page).then((answer) => answer.json()).then((json) => console.info('[' + word + ']', json), (error) => console.error('Loading ' + word + ' failed:', error.message));
if (page % 4 === 1) fetch('/api/recommendations?page=' + page).then((answer) => { if (!answer.ok) console.error('No recommendations: HTTP ' + answer.status); });
if (page % 6 === 2) setTimeout(() => { undefined.price; }, 30);
if (page % 5 === 0) console.warn('Deprecated: cart v1 will be removed');
if (page % 7 === 3) console.log('half a pair: \\ud800', '\\u202etxt.exe', '</script><img src=x onerror=alert(1)>');
new PerformanceObserver(() => setTimeout(() => { document.getElementById('offer').style.height = '44px'; }, 60)).observe({ type: 'paint', buffered: true });
document.addEventListener('click', (event) => { if (event.target.tagName === 'BUTTON') fetch('/api/cart', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ item: event.target.dataset.item }) }); });`;

function pageOf(number) {
  const items = Array.from({ length: ITEMS_A_PAGE }, (_, n) => {
    const item = number * ITEMS_A_PAGE + n, name = `${WORDS[item % 20]} ${WORDS[item * 7 % 19]}`;
    return `<article><img src="/img/${item % 8}.png?${item}" alt=""><p>${name}<br><b>${(item * 37 % 90) + 9}.00</b></p><button data-item=${item}>Add</button></article>`;
  });
  return `<!doctype html><html lang=en><link rel=icon href=data:,><title>Shop, page ${number}</title><link rel=stylesheet href=/shop.css><header><b>Field &amp; Fern</b><input id=search placeholder=Search></header>
    <div id=offer>Free delivery today</div><main>${items.join('')}</main><script src=/shop.js></script></html>`;
}

async function startShop() {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://shop');
    const send = (status, type, body) => response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
    if (pathname === '/') return send(200, 'text/html; charset=utf-8', pageOf(Number(searchParams.get('page'))));
    if (pathname === '/shop.css') return send(200, 'text/css', STYLE);
    if (pathname === '/shop.js') return send(200, 'text/javascript', SCRIPT);
    if (pathname.startsWith('/img/')) return searchParams.has('gone') ? send(404, 'text/plain', 'gone') : send(200, 'image/png', pictures[Number(/\d+/.exec(pathname)[0])]);
    if (pathname === '/api/recommendations') return send(searchParams.get('page') % 8 === 1 ? 503 : 200, 'application/json', '{"items":[]}');
    if (pathname.startsWith('/api/')) return send(200, 'application/json', JSON.stringify({ of: pathname.slice(5), page: searchParams.get('page'), values: WORDS }));
    return send(404, 'text/plain', 'nothing here');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: (page) => `http://host.wye.internal:${server.address().port}/?page=${page}`, stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

async function visit(page, shop, number) {
  await page.goto(shop.url(number), { waitUntil: 'load' });
  await page.locator('article button').nth(number % 8).click();
  if (number % 3 === 0) {
    await page.locator('#search').click();
    await page.keyboard.type(WORDS[number % 20].slice(0, 3));
  }
  if (number % 4 === 2) await page.mouse.wheel(0, 500);
}

/** The report of a session of at least `atLeast` events: `{ path, events, id }`. */
export async function reportOfRealSession(wye, path, atLeast) {
  const api = async (method, address, body) => {
    const answer = await fetch(wye.baseURL + address, { method, headers: { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const all = Object.fromEntries(['network', 'console', 'page', 'interaction', 'screenshot', 'control', 'connection', 'system'].map((name) => [name, { enabled: true }]));
  const session = await api('POST', '/browsers', { headless: true, name: 'field-and-fern', timeout_seconds: 600, telemetry: { browser: all } });
  const shop = await startShop();
  const id = session.session_id, seq = async () => (await api('GET', `/browsers/${id}/telemetry/events?limit=1&order=desc`))[0]?.seq ?? 0;
  try {
    const browser = await chromium.connectOverCDP(session.cdp_ws_url);
    const page = browser.contexts()[0].pages()[0] ?? await browser.contexts()[0].newPage();
    for (let number = 0; number < 1 || await seq() < atLeast; ++number) await visit(page, shop, number);
    await browser.close();
  } finally {
    await api('DELETE', `/browsers/${id}`);
    await shop.stop();
  }
  const run = promisify(execFile);
  await run(process.env.WYE_BIN, ['telemetry', 'report', id, '-o', path, '--base-url', wye.baseURL], { env: { ...process.env, KERNEL_API_KEY: wye.apiKey } });
  const [last] = await api('GET', `/browsers/${id}/telemetry/events?limit=1&order=desc`);
  return { path, id, events: last.seq };
}
