// Measures the time from create to the first CDP answer, against the same Chromium with the same flags
// started by hand, in turns in one run. usage: WYE_BIN=… node create_bench.mjs [rounds = 15]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWye } from '../../tests/conformance/server.mjs';

const require = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
const WebSocket = require('ws');
const rounds = Number(process.argv[2] ?? 15);

/** When the browser answers, and when a page of its does (of its own, where it has none yet); then, where asked, its end. */
async function firstAnswers(url, closes = false) {
  const socket = new WebSocket(url);
  const failed = new Promise((_, reject) => socket.on('error', reject));
  const waiting = new Map();
  let last = 0;
  const call = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject });
    socket.send(JSON.stringify({ id: last, method, params, sessionId }));
  });
  socket.on('message', (text) => {
    const { id, result, error } = JSON.parse(text);
    if (id === undefined) return;
    if (error) waiting.get(id).reject(new Error(error.message));
    else waiting.get(id).resolve(result);
  });
  const talk = async () => {
    await new Promise((resolve) => socket.on('open', resolve));
    if (!(await call('Browser.getVersion')).product) throw new Error('no version');
    const browser = performance.now();
    const { targetInfos } = await call('Target.getTargets');
    const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId
      ?? (await call('Target.createTarget', { url: 'about:blank' })).targetId;
    const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
    if ((await call('Runtime.evaluate', { expression: '6 * 7' }, sessionId)).result.value !== 42) throw new Error('no page');
    const page = performance.now();
    if (closes) await call('Browser.close');
    socket.close();
    return { browser, page };
  };
  return Promise.race([talk(), failed]);
}

const wye = await startWye();
const headers = { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' };
const api = async (method, path, body) => {
  const answer = await fetch(wye.baseURL + path, { method, headers, body });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
};

async function byWye() {
  const begin = performance.now();
  const browser = await api('POST', '/browsers', '{}');
  const created = performance.now();
  const answers = await firstAnswers(browser.cdp_ws_url);
  return { created: created - begin, browser: answers.browser - begin, page: answers.page - begin, session: browser.session_id };
}

/** The command line of the one Chromium that runs below our server. */
function chromiumArguments() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let words;
    try {
      words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    } catch { continue; }
    if (words.includes('--remote-debugging-pipe') && !words.some((word) => word.startsWith('--type='))) return words;
  }
  throw new Error('no Chromium runs: is this run as the user that started it?');
}

async function byHand([program, ...flags]) {
  const profile = mkdtempSync(join(tmpdir(), 'wye-bench-'));
  const own = flags.filter((flag) => !/^--(remote-debugging-(pipe|port)|user-data-dir|remote-debugging-io-pipes)/.test(flag));
  const begin = performance.now();
  // Chromium's own sandbox needs a user other than root; bubblewrap is the simplest way to be one.
  const child = spawn('bwrap', ['--unshare-user', '--uid', '1000', '--gid', '1000', '--dev-bind', '/', '/', '--proc', '/proc',
                               '--unshare-pid', '--die-with-parent',
                               program, ...own, '--remote-debugging-port=0', `--user-data-dir=${profile}`],
                      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile } });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (piece) => {
      text += piece;
      const found = /DevTools listening on (ws:\S+)/.exec(text);
      if (found) resolve(found[1]);
    });
    child.on('exit', () => reject(new Error(`Chromium ended:\n${text}`)));
  });
  child.removeAllListeners('exit');
  const gone = new Promise((resolve) => child.on('exit', resolve));
  const answers = await firstAnswers(url, true);
  await gone;
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  return { browser: answers.browser - begin, page: answers.page - begin };
}

const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))];
const runs = [];
try {
  const first = await byWye();  // also loads the files into memory, for both
  const command = chromiumArguments();
  await api('DELETE', `/browsers/${first.session}`);
  await byHand(command);
  for (let round = 0; round < rounds; ++round) {
    const run = {};
    const turns = [
      async () => {
        run.wye = await byWye();
        await api('DELETE', `/browsers/${run.wye.session}`);
      },
      async () => { run.hand = await byHand(command); },
    ];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    runs.push(run);
  }
} finally {
  await wye.stop();
}
const ms = (values) => `p50 ${percentile(values, 0.5).toFixed(0)} ms, p90 ${percentile(values, 0.9).toFixed(0)} ms`;
console.log(`create: wye: POST /browsers ${ms(runs.map(({ wye: side }) => side.created))}`);
for (const [name, of] of [['browser', 'the first CDP answer'], ['page', 'the first answer of a page']]) {
  const ratio = percentile(runs.map(({ wye: side, hand }) => side[name] / hand[name]), 0.5);
  console.log(`create: to ${of}: wye ${ms(runs.map(({ wye: side }) => side[name]))}; the same Chromium started by hand ` +
              `${ms(runs.map(({ hand }) => hand[name]))}; wye / by hand ${ratio.toFixed(2)} (median of ${rounds} rounds)`);
}
