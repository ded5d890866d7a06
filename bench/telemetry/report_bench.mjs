// Measures how long it takes until a report of a real session is usable: from the navigation to the page's
// own mark, in real Chromium. usage: WYE_BIN=… node report_bench.mjs [events = 5000] [openings = 9]
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from '../../tests/report/browser.mjs';
import { reportOfRealSession } from '../../tests/report/real.mjs';

const [atLeast, openings] = [Number(process.argv[2] ?? 5000), Number(process.argv[3] ?? 9)];
const temporary = await mkdtemp(join(tmpdir(), 'wye-report-'));
const world = await startBrowser();
try {
  const report = await reportOfRealSession(world.wye, join(temporary, 'report.html'), atLeast);
  const took = [];
  for (let n = 0; n < openings; ++n) {
    const { page, close } = await world.open('report', report.path);
    took.push(await page.evaluate(() => performance.getEntriesByName('report-ready')[0].startTime));
    await close();
  }
  took.sort((a, b) => a - b);
  const megabytes = ((await stat(report.path)).size / 1e6).toFixed(1);
  console.log(`report: a real session of ${report.events} events (${megabytes} MB) is usable ${Math.round(took[openings >> 1])} ms after it is opened (median of ${openings}, at most ${Math.round(took.at(-1))} ms)`);
} finally {
  await world.stop();
  await rm(temporary, { recursive: true, force: true });
}
