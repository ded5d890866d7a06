// Opens a report in real Chromium: one of wye's own browsers loads it from a server on loopback.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { setUpOn, startTogether, startWye } from '../conformance/server.mjs';

const require = createRequire(new URL('../conformance/package.json', import.meta.url));
const { chromium } = require('playwright-core');

/** Serves files by name and records every request that comes. */
async function serveFiles() {
  const files = new Map(), seen = [];
  const server = createServer(async (request, response) => {
    seen.push(request.url);
    const path = files.get(request.url.slice(1).split('?')[0]);
    if (!path) { response.writeHead(404); return response.end(); }
    const headers = { 'Content-Type': 'text/html; charset=utf-8' };
    if (request.url.endsWith('?download')) headers['Content-Disposition'] = 'attachment; filename="report.html"';
    response.writeHead(200, headers);
    response.end(await readFile(path));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    seen,
    add(name, path) { files.set(name, path); return `http://host.wye.internal:${server.address().port}/${name}`; },
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}

/** `{ wye, files, browser, open(name, path, context options), stop() }` */
export async function startBrowser() {
  const [wye, files] = await startTogether(startWye(), serveFiles());
  return setUpOn([wye, files], () => openBrowser(wye, files));
}

async function openBrowser(wye, files) {
  const answer = await fetch(`${wye.baseURL}/browsers`, { method: 'POST', headers: { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' },
                                                          body: JSON.stringify({ headless: true, timeout_seconds: 600 }) });
  if (!answer.ok) throw new Error(await answer.text());
  const session = await answer.json();
  const browser = await chromium.connectOverCDP(session.cdp_ws_url);
  return {
    wye, files, browser, session,
    /** A page with everything that must not happen: what it said, threw, asked for and was refused. */
    async open(name, path, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options }), page = await context.newPage();
      const said = [], asked = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(String(error)));
      page.on('request', (request) => asked.push(request.url()));
      await page.addInitScript(() => {
        window.refused = [];
        addEventListener('securitypolicyviolation', (event) => window.refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
      });
      await page.goto(files.add(name, path));
      await page.waitForFunction(() => document.documentElement.dataset.ready === 'yes' || document.querySelector('#loading.failed'));
      return { page, said, asked, close: () => context.close() };
    },
    async stop() {
      await browser.close();
      await wye.stop();
      await files.stop();
    },
  };
}
