// Measures commands in a VM over the direct leg, each in turns with the same work outside: `true` by process/exec beside a child of this
// process, 50 of them at once, a key's echo over attach beside a ping that the agent answers on the same WebSocket, and many spawns.
// usage: WYE_BIN=… node process_bench.mjs [rounds = 300] [spawns = 10000]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { startWye } from '../../tests/conformance/server.mjs';

const WebSocket = createRequire(new URL('../../tests/conformance/', import.meta.url))('ws');
const rounds = Number(process.argv[2] ?? 300), spawns = Number(process.argv[3] ?? 10_000);
const AT_ONCE = 50;
const kept = new Agent({ keepAlive: true });

const post = (url, body) => new Promise((resolve, reject) => {
  const call = request(url, { method: 'POST', agent: kept, headers: { 'Content-Type': 'application/json' } }, (answer) => {
    let text = '';
    answer.on('data', (piece) => { text += piece; });
    answer.on('end', () => (answer.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${answer.statusCode} ${text}`))));
    answer.on('error', reject);
  });
  call.on('error', reject);
  call.end(JSON.stringify(body));
});
const together = (what) => Promise.all(Array.from({ length: AT_ONCE }, what));
const child = () => once(spawn('/usr/bin/true', { stdio: ['ignore', 'pipe', 'pipe'] }), 'close');

/** Runs both in turns; the first tenth warms up. */
async function inTurns(count, ways) {
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let i = -Math.ceil(count / 10); i < count; ++i)
    for (const [name, call] of Object.entries(ways)) {
      const begin = performance.now();
      await call();
      if (i >= 0) times[name].push(performance.now() - begin);
    }
  return times;
}
const at = (all, share) => all.sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))];
function tell(what, aim, times) {
  const [ours, other] = Object.entries(times);
  console.log(`${what}: p50 ${at(ours[1], 0.5).toFixed(2)} ms (aim ${aim}), p99 ${at(ours[1], 0.99).toFixed(2)} ms; ${other[0]}: p50 ${at(other[1], 0.5).toFixed(2)} ms; `
    + `${(at(ours[1], 0.5) / at(other[1], 0.5)).toFixed(2)} ×`);
}

async function echoes(base, jwt) {
  const { process_id } = await post(`${base}/process/spawn?jwt=${jwt}`, { command: 'sh', args: ['-c', 'stty raw echo; echo up; exec cat > /dev/null'], allocate_tty: true });
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/process/${process_id}/attach?jwt=${jwt}`);
  let output = '', keys = 0;
  while (!output.includes('up\n')) output += (await once(socket, 'message'))[0];
  const times = await inTurns(rounds, {
    echo: async () => {
      const key = String.fromCharCode(97 + ++keys % 26);
      socket.send(Buffer.from(key));
      const [seen] = await once(socket, 'message');
      if (seen.toString() !== key) throw new Error(`${key} came back as ${seen}`);
    },
    'ping of the same socket': () => { socket.ping(); return once(socket, 'pong'); },
  });
  socket.close();
  await once(socket, 'close');
  return times;
}

const wye = await startWye();
try {
  const headers = { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' };
  const browser = await (await fetch(wye.baseURL + '/browsers', { method: 'POST', headers, body: '{"timeout_seconds":600}' })).json();
  const jwt = new URL(browser.cdp_ws_url).searchParams.get('jwt'), base = browser.base_url;
  const exec = () => post(`${base}/process/exec?jwt=${jwt}`, { command: 'true' });
  const many = Math.max(5, rounds / 20);
  tell('exec of true', 5, await inTurns(rounds, { exec, 'a child of this process': child }));
  tell(`${AT_ONCE} at once`, 150, await inTurns(many, { exec: () => together(exec), 'children of this process': () => together(child) }));
  tell('echo of a terminal over attach', 2, await echoes(base, jwt));
  let left = spawns;
  const begin = performance.now();
  await together(async () => {
    while (left-- > 0) await post(`${base}/process/spawn?jwt=${jwt}`, { command: 'true' });
  });
  const took = (performance.now() - begin) / 1000;
  console.log(`${spawns} spawns, ${AT_ONCE} at once: ${took.toFixed(1)} s, ${(spawns / took).toFixed(0)} a second`);
} finally {
  await wye.stop();
  kept.destroy();
}
