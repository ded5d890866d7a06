// What to say where nothing is: why, and how to change that.
import { copyText, el } from './dom.js';

const WORDS = { network: 'Requests and answers', console: 'Console messages and exceptions', page: 'Navigations, loads and vitals',
                interaction: 'Clicks, keys and scrolling', screenshot: 'Screenshots', control: 'API calls', connection: 'CDP and live view connections',
                system: 'Crashes and out-of-memory kills' };

export function switchOn(id, categories) {
  const browser = Object.fromEntries(categories.map((name) => [name, { enabled: true }]));
  return `wye api PATCH /browsers/${id} -d '${JSON.stringify({ telemetry: { browser } })}'`;
}

export function emptyView(app, view, all) {
  const { facts, session } = app, state = facts.session?.telemetry;
  if (app.isNarrowed() && all) {
    return el('div.empty', null, el('p', { textContent: 'Nothing here matches.' }),
      el('button', { textContent: 'Show everything', onclick: () => app.showEverything() }));
  }
  if (!view.needs.length) return el('div.empty', null, el('p', { textContent: view.id === 'errors' && session.count ? 'No errors.' : 'There are no events.' }));
  const off = view.needs.filter((name) => state?.[name] !== true);
  const what = view.needs.map((name) => WORDS[name]).join('; ');
  if (view.id === 'screens' && app.pictures.events.length)
    return el('div.empty', null, el('p', { textContent: `${app.pictures.events.length} screenshots were taken; none fitted. --screenshots MIB keeps more.` }));
  if (!off.length) return el('div.empty', null, el('p', { textContent: `${what}: recorded in this session, and none happened.` }));
  const id = /^[a-z0-9]{1,64}$/.test(facts.session?.id ?? '') ? facts.session.id : 'ID', command = switchOn(id, view.needs);
  return el('div.empty', null,
    el('p', { textContent: `${what}: ${state === undefined ? 'none in this session, perhaps because they were not switched on' : 'switched off in this session'}. Switch them on while a browser lives:` }),
    el('pre', { textContent: command }), el('button', { textContent: 'Copy', onclick: (event) => copyText(command, event.currentTarget) }));
}
