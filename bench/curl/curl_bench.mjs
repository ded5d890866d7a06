// Measures large bodies through the browser: three of 18 MB at once, by POST curl and by curl/raw, beside the
// same three straight from their server. usage: WYE_BIN=… node curl_bench.mjs [rounds = 5]
import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { startWye } from '../../tests/conformance/server.mjs';

const rounds = Number(process.argv[2] ?? 5);
const SIZE = 18_000_000, AT_ONCE = 3;
const picture = Buffer.alloc(SIZE);
for (let i = 0, x = 1; i < SIZE; ++i) picture[i] = (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16;
const site = createServer((_, response) => response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': SIZE, 'Cache-Control': 'no-store' }).end(picture));
site.listen(0, '127.0.0.1');
await once(site, 'listening');

/** How many bytes the answer's body has. */
const size = (url, options = {}, body = undefined) => new Promise((resolve, reject) => {
  const call = request(url, options, (response) => {
    let bytes = 0;
    response.on('data', (piece) => bytes += piece.length);
    response.on('end', () => response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${response.statusCode}`)));
    response.on('error', reject);
  });
  call.on('error', reject);
  call.end(body);
});

const wye = await startWye();
try {
  const headers = { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' };
  const browser = await (await fetch(wye.baseURL + '/browsers', { method: 'POST', headers, body: '{}' })).json();
  const jwt = new URL(browser.cdp_ws_url).searchParams.get('jwt');
  const seen = `http://host.wye.internal:${site.address().port}/`;
  const ways = {
    direct: () => size(`http://127.0.0.1:${site.address().port}/`),
    'curl/raw': () => size(`${browser.base_url}/curl/raw?jwt=${jwt}&url=${encodeURIComponent(seen)}`),
    'POST curl, base64': () => size(`${browser.base_url}/curl?jwt=${jwt}`, { method: 'POST', headers: { 'Content-Type': 'application/json' } }, JSON.stringify({ url: seen, response_encoding: 'base64', timeout_ms: 60_000 })),
    'POST curl, utf8': () => size(`${browser.base_url}/curl?jwt=${jwt}`, { method: 'POST', headers: { 'Content-Type': 'application/json' } }, JSON.stringify({ url: seen, timeout_ms: 60_000 })),
  };
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= rounds; ++round) {
    for (const [name, call] of Object.entries(ways)) {
      const begin = performance.now();
      await Promise.all(Array.from({ length: AT_ONCE }, call));
      if (round > 0) times[name].push(performance.now() - begin);  // the first warms up
    }
  }
  const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];
  const direct = median(times.direct);
  console.log(`${AT_ONCE} bodies of ${SIZE / 1e6} MB at once, median of ${rounds} rounds`);
  for (const [name, all] of Object.entries(times)) console.log(`  ${name.padEnd(18)} ${median(all).toFixed(0).padStart(6)} ms  ${(median(all) / direct).toFixed(1).padStart(6)} × direct`);
  await fetch(`${wye.baseURL}/browsers/${browser.session_id}`, { method: 'DELETE', headers });
} finally {
  await wye.stop();
  site.close();
}
