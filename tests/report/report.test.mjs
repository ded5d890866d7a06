// The report in real Chromium: invented sessions with every type, with a hostile page and with 100,000
// events, and a real one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startBrowser } from './browser.mjs';
import { reportOfRealSession } from './real.mjs';
import { everyType, hostile } from './sessions.mjs';
import { shopping } from './shop.mjs';

const MANY = 100_000, READY_WITHIN_MS = 20_000;  // also on a busy machine
const VIEWS = ['all', 'errors', 'network', 'console', 'pages', 'input', 'screens', 'calls', 'system'];
let world, folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wye-report-'));
  world = await startBrowser();
});
after(async () => {
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function reportOf(name, log) {
  const events = join(folder, `${name}.jsonl`), path = join(folder, `${name}.html`);
  writeFileSync(events, log.text());
  execFileSync(process.env.WYE_BIN, ['telemetry', 'report', '--from', events, '-o', path]);
  return path;
}

/** Nothing was said, refused, or asked for but the file itself and what it holds. */
async function assertQuiet({ page, said, asked }) {
  assert.deepEqual(said, []);
  assert.deepEqual(await page.evaluate(() => window.refused), []);
  assert.deepEqual(asked.slice(1).filter((url) => !/^(data|blob):/.test(url)), []);
}

const rows = (page) => page.locator('.row').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
async function search(page, text) {
  const type = async (words, is) => {
    await page.locator('input[type=search]').fill(words);
    await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector('.found').textContent), is);
  };
  await type('', '^$');
  if (text) await type(text, '^[\\d,]+ of (?!.*looking)');
  return Number(/^([\d,]+) of/.exec(await page.locator('.found').textContent())?.[1].replaceAll(',', '') ?? NaN);
}
const view = (page, id) => page.locator(`#tab-${id}`).click();
/** As wide as the window, in every view and with an event's details. */
async function assertNoSidewaysScroll(page, width) {
  for (const id of VIEWS) {
    await view(page, id);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${id} is wider than the window`);
  }
  await view(page, 'all');
  await page.locator('.row').nth(2).click();
  await page.locator('#details').waitFor({ state: 'visible' });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, 'the details are wider than the window');
}

test('every type that a server of ours can tell has words of its own', async () => {
  const log = everyType();
  const reference = execFileSync(process.env.WYE_BIN, ['internal', 'telemetry-reference'], { encoding: 'utf8' });
  const types = [...reference.matchAll(/^\| `(\w+)` \| (\w+) \|.*\| `[^`]*` \|$/gm)].map(([, type]) => type);
  assert.ok(types.length > 30);
  const told = new Set(log.envelopes.map(({ event }) => event.type));
  assert.deepEqual(types.filter((type) => !told.has(type)), []);
  const opened = await world.open('every', reportOf('every', log), { viewport: { width: 1400, height: 2400 } });
  const seen = await rows(opened.page);
  assert.equal(seen.length, log.envelopes.length);
  const raw = seen.filter(([, , text]) => text.startsWith('{')).map(([, type]) => type);
  assert.deepEqual(raw, ['page teleported'], 'only an unknown type shows its data unchanged');
  await assertQuiet(opened);
  await opened.close();
});

test('errors come first, the gravest at the top, and lead to their event', async () => {
  const opened = await world.open('every', join(folder, 'every.html')), { page } = opened;
  const problems = await page.locator('.problems b').allTextContents();
  assert.deepEqual(problems.slice(0, 3), ['Out of memory', 'Service crashed', 'Page crashed']);
  const [above, below] = await page.evaluate(() => ['problems', 'list'].map((id) => document.getElementById(id).getBoundingClientRect().top));
  assert.ok(above < below);
  await page.locator('.problems .what').first().click();
  await page.locator('#details').waitFor({ state: 'visible' });
  assert.match(await page.locator('#details').textContent(), /system oom kill/);
  await opened.close();
});

test('100,000 events: search, filters, waterfall, console, navigations, vitals, screenshots', async () => {
  const path = reportOf('many', shopping({ events: MANY }));
  const opened = await world.open('many', path), { page } = opened;
  const ready = await page.evaluate(() => performance.getEntriesByName('report-ready')[0].startTime);
  console.log(`report of ${MANY} events: ${(statSync(path).size / 1e6).toFixed(1)} MB, ready after ${Math.round(ready)} ms`);
  assert.ok(ready < READY_WITHIN_MS);
  assert.ok(await page.locator('.row').count() < 200, 'only the rows near the window exist');
  assert.ok(await search(page, 'saffron') > 100);
  const bad = await search(page, 'status:503');
  assert.ok(bad > 0 && bad < MANY / 100);
  await search(page, '');
  await page.locator('.chip', { hasText: 'console' }).click();
  assert.deepEqual([...new Set((await rows(page)).map(([, type]) => type))].filter((type) => !type.startsWith('console')), []);
  await page.locator('.found button').click();

  await view(page, 'network');
  const [first] = await page.locator('.row').evaluateAll((all) => all.filter((row) => row.querySelector('.size').textContent).map((row) =>
    ({ size: row.querySelector('.size').textContent, time: row.querySelector('.time').textContent, bar: parseFloat(row.querySelector('.span i').style.width) })));
  assert.match(first.size, /^[\d.]+ [kM]?B$/);
  assert.match(first.time, /^[\d.]+ m?s$/);
  assert.ok(first.bar > 0);
  await view(page, 'console');
  assert.ok((await rows(page)).some((cells) => /\] \w+ \w+ in \d+ ms/.test(cells.join(' '))));
  await view(page, 'pages');
  assert.match(await page.locator('.row .lcp').first().textContent(), /\d/);
  assert.match(await page.locator('.tiles').textContent(), /LCP.*CLS/);
  await view(page, 'screens');
  await page.waitForFunction(() => document.querySelector('.shots img')?.naturalWidth === 960);
  await assertQuiet(opened);
  await opened.close();
});

test('what a hostile page says is text and nothing else, in lists and in details', async () => {
  const opened = await world.open('hostile', reportOf('hostile', hostile())), { page } = opened;
  const count = await page.evaluate(async () => {
    const list = document.querySelector('.rows');
    list.focus();
    const all = Number(list.getAttribute('aria-rowcount')), turning = /[\u202a-\u202e\u2066-\u2069\u2028\u2029\u0000\u001b]/;
    for (let i = 0; i < all; ++i) {
      list.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve));
      if (turning.test(document.querySelector('main').textContent + document.getElementById('details').textContent)) throw new Error(`row ${i} turns the line around`);
    }
    return all;
  });
  assert.ok(count > 300);
  for (const id of VIEWS) await view(page, id);
  assert.equal(await page.evaluate(() => window.canary), undefined);
  assert.equal(await page.evaluate(() => document.querySelectorAll('img[onerror], svg[onload], a[href], iframe, script:not([type]):not(:last-of-type)').length), 0);
  await assertQuiet(opened);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 1400);
  await opened.close();
});

test('the page can load nothing and run nothing that is not its own', async () => {
  const opened = await world.open('every', join(folder, 'every.html')), { page } = opened;
  const refused = await page.evaluate(async () => {
    const script = document.createElement('script');
    try { script.textContent = 'window.canary = 1'; document.body.append(script); } catch { /* trusted types */ }
    await fetch('/elsewhere').catch(() => {});
    const image = new Image();
    await new Promise((resolve) => { image.onerror = image.onload = resolve; image.src = '/pixel.png'; });
    return window.refused.map((text) => text.split(' ')[0]);
  });
  assert.equal(await page.evaluate(() => window.canary), undefined);
  for (const directive of ['connect-src', 'img-src']) assert.ok(refused.includes(directive), `${directive} of ${refused}`);
  assert.ok(!world.files.seen.some((url) => /elsewhere|pixel/.test(url)));
  await opened.close();
});

test('on a phone nothing scrolls sideways', async () => {
  for (const name of ['every', 'hostile', 'many']) {
    const opened = await world.open(name, join(folder, `${name}.html`), { viewport: { width: 390, height: 844 } });
    await assertNoSidewaysScroll(opened.page, 390);
    await opened.close();
  }
});

test('dark where the reader wants it dark', async () => {
  const ground = async (colorScheme) => {
    const opened = await world.open('every', join(folder, 'every.html'), { colorScheme });
    const lightness = await opened.page.evaluate(() => ['backgroundColor', 'color'].map((name) => getComputedStyle(document.documentElement)[name].match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3));
    await opened.close();
    return lightness;
  };
  const [lightGround, lightText] = await ground('light'), [darkGround, darkText] = await ground('dark');
  assert.ok(lightGround > 230 && lightText < 80 && darkGround < 50 && darkText > 200);
});

test('a real session, whole', async () => {
  const report = await reportOfRealSession(world.wye, join(folder, 'real.html'), 700);
  const opened = await world.open('real', report.path), { page } = opened;
  assert.match(await page.locator('h1').textContent(), /field-and-fern/);
  assert.equal(Number((await page.locator('#tab-all small').textContent()).replace(',', '')), report.events);
  assert.ok(await search(page, 'half a pair') > 0);
  assert.ok(await search(page, '"onerror=alert(1)"') > 0);
  await search(page, '');
  await view(page, 'network');
  assert.ok((await rows(page)).some((cells) => cells.some((text) => text.startsWith('/img/'))));
  await view(page, 'input');
  assert.ok((await rows(page)).some(([, type]) => type === 'interaction click'));
  await assertQuiet(opened);
  await opened.close();
});
