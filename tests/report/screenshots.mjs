// Makes the pictures of docs/report.md from a real session. usage: WYE_BIN=… node screenshots.mjs [folder =
// docs/report]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser } from './browser.mjs';
import { reportOfRealSession } from './real.mjs';

const EVENTS = 5000;
const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/report', import.meta.url));
const wide = { viewport: { width: 1280, height: 860 } }, narrow = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const temporary = await mkdtemp(join(tmpdir(), 'wye-report-'));
const world = await startBrowser();
try {
  const report = await reportOfRealSession(world.wye, join(temporary, 'report.html'), EVENTS);
  console.log(`${report.events} events`);
  const picture = async (name, options, show) => {
    const opened = await world.open('report', report.path, options);
    await show(opened.page);
    await opened.page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => {}))));
    await opened.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await opened.page.screenshot({ path: join(folder, `${name}.png`) });
    await opened.close();
  };
  await picture('light', wide, () => {});
  await picture('dark', { ...wide, colorScheme: 'dark' }, async (page) => {
    await page.locator('#tab-pages').click();
    await page.locator('.row').nth(3).click();
    await page.locator('#details .actions button', { hasText: 'Zoom in here' }).click();
    await page.locator('#tab-network').click();
    await page.locator('.row .path', { hasText: '/api/' }).first().click();
    await page.evaluate(() => scrollTo(0, 0));
    await page.mouse.move(0, 0);
  });
  await picture('narrow', narrow, async (page) => {
    await page.locator('#tab-network').click();
    await page.evaluate(() => scrollTo(0, 0));
  });
} finally {
  await world.stop();
  await rm(temporary, { recursive: true, force: true });
}
