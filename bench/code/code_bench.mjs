// Measures code beside the browser, on the direct leg: a first and a later `playwright/execute`, each beside the same with Playwright here, and
// a cell of the REPL. usage: WYE_BIN=… node code_bench.mjs [rounds = 200] [browsers = 7]
import { createRequire } from 'node:module';
import { legsOf, startWye } from '../../tests/conformance/server.mjs';

const { chromium } = createRequire(new URL('../../tests/conformance/package.json', import.meta.url))('playwright-core');
const rounds = Number(process.argv[2] ?? 200), browsers = Number(process.argv[3] ?? 7);
const at = (all, share) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))];
const timed = async (call) => { const begin = performance.now(); await call(); return performance.now() - begin; };

function tell(what, aim, own, otherName = '', other = []) {
  const beside = other.length > 0 ? `; ${otherName}: p50 ${at(other, 0.5).toFixed(2)} ms; ${(at(own, 0.5) / at(other, 0.5)).toFixed(2)} ×` : '';
  console.log(`${what}: p50 ${at(own, 0.5).toFixed(2)} ms${aim ? ` (aim ${aim})` : ''}, p99 ${at(own, 0.99).toFixed(2)} ms${beside}`);
}

/** Runs both in turns; the first tenth warms up. */
async function inTurns(own, other) {
  const times = [[], []];
  for (let i = -Math.ceil(rounds / 10); i < rounds; ++i)
    for (const [which, call] of [own, other].entries()) {
      const ms = await timed(call);
      if (i >= 0) times[which].push(ms);
    }
  return times;
}

const wye = await startWye();
try {
  const headers = { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' };
  const create = async () => (await fetch(`${wye.baseURL}/browsers`, { method: 'POST', headers, body: '{"timeout_seconds":600}' })).json();
  const caller = (browser) => {
    const leg = legsOf(wye, browser)[1];
    return async (path, body) => {
      const answer = await (await fetch(`${leg.base}/${path}`, { method: 'POST', headers: { ...leg.headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();
      if (answer.success === false || answer.code) throw new Error(`${path}: ${JSON.stringify(answer)}`);
      return answer;
    };
  };

  // A browser's first code starts its worker; here Playwright makes a connection.
  const first = [], connect = [];
  for (let i = 0; i < browsers; ++i) {
    const browser = await create(), call = caller(browser);
    first.push(await timed(() => call('playwright/execute', { code: 'return page.title()' })));
    connect.push(await timed(async () => {
      const connection = await chromium.connectOverCDP(browser.cdp_ws_url);
      await connection.contexts()[0].pages()[0].title();
      await connection.close();
    }));
    await fetch(`${wye.baseURL}/browsers/${browser.session_id}`, { method: 'DELETE', headers });
  }
  tell('first playwright/execute', 600, first, 'connectOverCDP and the same call', connect);

  const browser = await create(), call = caller(browser);
  const connection = await chromium.connectOverCDP(browser.cdp_ws_url);
  const page = connection.contexts()[0].pages()[0];
  const evaluate = () => page.evaluate(() => 1 + 1);
  tell('playwright/execute', 10, ...(await inTurns(() => call('playwright/execute', { code: 'return page.evaluate(() => 1 + 1)' }), evaluate)).toSpliced(1, 0, 'page.evaluate over CDP'));
  await call('repl', { code: '0' });
  tell('a cell of the REPL', '', ...(await inTurns(() => call('repl', { code: 'repl.write(await js("1 + 1"))' }), evaluate)).toSpliced(1, 0, 'page.evaluate over CDP'));
  await connection.close();
} finally {
  await wye.stop();
}
