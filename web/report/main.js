// Reads what the report holds, piece by piece, and shows it.
import { App } from './app.js';
import { breathe, byId } from './dom.js';
import { Session } from './session.js';

const BLOCKS_AT_ONCE = 16;

async function readSession(facts, tell) {
  const session = new Session(facts), blocks = [...document.querySelectorAll('script[type="wye/block"]')];
  for (let number = 0; number < blocks.length; number += BLOCKS_AT_ONCE) {
    const some = blocks.slice(number, number + BLOCKS_AT_ONCE);
    await session.read(some.map((block) => block.textContent));
    for (const block of some) block.remove();
    tell(number / blocks.length);
    await breathe();
  }
  session.complete();
  return session;
}

function readPictures() {
  const pictures = new Map();
  for (const picture of document.querySelectorAll('script[type="wye/picture"]')) {
    pictures.set(Number(picture.dataset.picture), picture.textContent.trim());
    picture.remove();
  }
  return pictures;
}

async function start() {
  const loading = byId('loading');
  try {
    if (typeof DecompressionStream === 'undefined') throw new Error('it needs Chromium 105, Firefox 113, Safari 16.4 or newer');
    const facts = JSON.parse(byId('facts').textContent);
    const session = await readSession(facts, (part) => { loading.textContent = `Reading the events… ${Math.round(part * 100)} %`; });
    new App(facts, session, readPictures()).draw();
    loading.remove();
    performance.mark('report-ready');
    document.documentElement.dataset.ready = 'yes';
  } catch (error) {
    loading.textContent = `This report cannot be shown: ${error.message}`;
    loading.classList.add('failed');
    throw error;
  }
}

start();
