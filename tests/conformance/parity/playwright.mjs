import assert from 'node:assert/strict';

export const playwright = {
  'browsers.playwright.execute': {
    takesBrowser: true, status: 200, type: 'application/json',
    call: ({ browsers, site, id }) => browsers.playwright.execute(id, {
      code: `const to: string = ${JSON.stringify(site.url('/'))}; await page.goto(to); await page.evaluate(() => { document.title = 'by code'; });
             console.log('done'); return { title: await page.title() };` }),
    proof: "DevTools' list of pages has the title",
    effect: async ({ browser }, answer) => {
      assert.deepEqual(answer, { success: true, result: { title: 'by code' }, stdout: 'done\n' });
      const pages = await fetch(browser.cdp_ws_url.replace(/^ws/, 'http').replace('/cdp?', '/cdp/json/list?'));
      assert.ok((await pages.json()).some(({ title }) => title === 'by code'));
    },
    bad: {
      'no code': [400, 'bad_request', ({ browsers, id }) => browsers.playwright.execute(id, {})],
      'code that is no text': [400, 'bad_request', ({ browsers, id }) => browsers.playwright.execute(id, { code: 5 })],
      'a timeout of 301 s': [400, 'bad_request', ({ browsers, id }) => browsers.playwright.execute(id, { code: '1', timeout_sec: 301 })],
    },
  },
};
