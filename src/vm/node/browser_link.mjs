// A worker's connection to Chromium, by Playwright, and the pages that it finds there.
import { get } from 'node:http';
import { chromium } from 'playwright-core';

const CONNECT_WITHIN_MS = 15_000;
const PAGE_WITHIN_MS = 5_000;

let browser, connectedTo;
const targets = new WeakMap();  // page → the id of its target

/** Returns the connection to the Chromium at `endpoint`, a WebSocket's address. Another Chromium has another address. */
export async function connect(endpoint) {
  if (browser?.isConnected() && connectedTo === endpoint) return browser;
  const old = browser;
  browser = undefined;
  await old?.close().catch(() => {});  // its Chromium may be gone
  browser = await chromium.connectOverCDP(endpoint, { noDefaults: true, timeout: CONNECT_WITHIN_MS });
  connectedTo = endpoint;
  return browser;
}

async function targetOf(page) {
  if (targets.has(page)) return targets.get(page);
  try {
    const session = await page.context().newCDPSession(page);
    const { targetInfo } = await session.send('Target.getTargetInfo');
    targets.set(page, targetInfo.targetId);
    session.detach().catch(() => {});
    return targetInfo.targetId;
  } catch {
    return undefined;  // it closed meanwhile
  }
}

const pagesOf = (connection) => connection.contexts().flatMap((context) => context.pages());

/** Finds the page of a target; waits for one that Playwright has not seen yet. Returns undefined when there is none. */
async function pageOf(connection, id, until = Date.now() + PAGE_WITHIN_MS) {
  for (;;) {
    for (const page of pagesOf(connection)) if (await targetOf(page) === id) return page;
    if (Date.now() > until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The ids of Chromium's pages, the one used last first: no other list of Chromium's has that order. */
function pagesByUse(endpoint) {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    get({ hostname, port, path: '/json/list', agent: false }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece)).on('error', reject).on('end', () => {
        try {
          resolve(JSON.parse(Buffer.concat(pieces)).filter(({ type }) => type === 'page').map(({ id }) => id));
        } catch (error) {
          reject(error);
        }
      });
    }).on('error', reject);
  });
}

/** Finds the active tab: the page that was used last, without those of `others`. */
async function activePage(connection, endpoint, others) {
  const ids = new Map();
  for (const page of pagesOf(connection)) ids.set(await targetOf(page), page);
  for (const id of await pagesByUse(endpoint)) if (ids.has(id) && !others.includes(id)) return ids.get(id);
  // All pages may be newer than what Playwright has seen.
  const [first] = (await pagesByUse(endpoint)).filter((id) => !others.includes(id));
  return (first && await pageOf(connection, first)) ?? [...ids.values()].at(-1);
}

/** Returns the page that code works on: the tab `target`, or the active one. Undefined: there is none. */
export async function findPage(connection, { endpoint, target, others }) {
  return target ? pageOf(connection, target) : activePage(connection, endpoint, others);
}
