// The bar that stays on top while the list scrolls: the whole session as a strip, the views, the search, the switches.
import { colours, el, perFrame, sharpContext } from './dom.js';
import { ERROR } from './describe.js';
import { clock, count, inLine } from './text.js';
import { gutter, ticks } from './scale.js';
import { rangeInput } from './range_input.js';
import { categoryClass, VIEWS } from './views.js';

const CHIPS_SHOWN = 12;

export class Bar {
  constructor(app, host) {
    this.app = app;
    this.canvas = el('canvas', { 'aria-hidden': 'true' });
    this.strip = el('div.strip', { tabIndex: 0, role: 'group', title: 'The whole session: drag to zoom, double-click to see all of it',
                                   'aria-label': 'The whole session. Arrow keys move the shown part, plus and minus zoom, 0 shows all.' }, this.canvas, el('span.label', { textContent: 'Session' }));
    rangeInput(this.strip, { app, shown: () => app.whole, change: (range) => app.setRange(range), click: (ms) => app.centre(ms), inset: gutter });
    this.tabs = el('div.tabs', { role: 'tablist', 'aria-label': 'Views', onkeydown: (event) => this.#tabKey(event) },
      ...VIEWS.map((view) => el('button', { role: 'tab', id: `tab-${view.id}`, onclick: () => app.setView(view.id) }, view.label, el('small'))));
    this.search = el('input', { type: 'search', placeholder: 'Search: words, status:4xx, -without', spellcheck: false, autocomplete: 'off',
                                'aria-label': 'Search events', title: 'words · "several words" · -without · type: status: method: host: level: category: kind: slower:500 larger:100k',
                                oninput: () => app.setQuery(this.search.value) });
    this.found = el('span.found', { role: 'status' });
    this.chips = el('div.chips', { role: 'group', 'aria-label': 'Filters' });
    this.head = el('div.head');
    this.low = el('div.tools.low', null, this.chips, this.found);
    host.append(this.strip, el('div.tools', null, this.tabs, this.search), this.low, this.head);
    this.draw = perFrame(() => this.#drawStrip());
    new ResizeObserver(this.draw).observe(this.strip);
    this.#countViews();
    addEventListener('keydown', (event) => {
      if (event.key !== '/' || /INPUT|TEXTAREA/.test(document.activeElement?.tagName) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.search.focus();
    });
  }

  #tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = VIEWS.findIndex(({ id }) => id === this.app.view.id), to = VIEWS[(at + step + VIEWS.length) % VIEWS.length];
    this.app.setView(to.id);
    this.tabs.querySelector(`#tab-${to.id}`).focus();
  }

  // How many each view has.
  #countViews() {
    for (const view of VIEWS) {
      const number = this.app.panel.itemsOf(view).length, tab = this.tabs.querySelector(`#tab-${view.id}`);
      tab.querySelector('small').textContent = number ? count(number) : '';
      tab.classList.toggle('none', number === 0);
      if (view.id === 'errors') tab.classList.toggle('bad', number > 0);
    }
  }

  drawView() {
    const { app } = this;
    for (const tab of this.tabs.children) {
      const chosen = tab.id === `tab-${app.view.id}`;
      tab.setAttribute('aria-selected', chosen);
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.tabs.scrollTo({ left: tab.offsetLeft - this.tabs.clientWidth / 3 });
    }
    const kinds = new Map();
    if (app.view.chip) for (const item of app.panel.itemsOf(app.view)) {
      const kind = app.view.chip(app, item);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    const sorted = kinds.size > 1 ? [...kinds].sort((a, b) => b[1] - a[1]).slice(0, CHIPS_SHOWN) : [];
    this.chips.replaceChildren(...sorted.map(([kind, number]) =>
      el('button.chip', { 'aria-pressed': app.chips.has(kind), onclick: () => app.toggleChip(kind) },
         app.view.id === 'all' ? el(`i.dot.${categoryClass(kind)}`) : '', inLine(kind || '(none)', 40), el('small', { textContent: count(number) }))));
    this.#drawHead();
  }

  drawFound(shown, all) {
    const { app } = this, parts = [];
    if (app.isNarrowed()) parts.push(`${count(shown)} of ${count(all)}`);
    if (app.isZoomed()) parts.push(`${clock(app.range[0], 1)} – ${clock(app.range[1], 1)}`);
    if (app.search && app.search.progress < 1) parts.push(`looking into bodies, ${Math.floor(app.search.progress * 100)} %`);
    this.found.replaceChildren(parts.join(' · '), app.isNarrowed() ? el('button', { textContent: 'Show everything', onclick: () => app.showEverything() }) : '');
    this.low.hidden = !this.chips.children.length && !app.isNarrowed();
    this.draw();
    this.#drawHead();
  }

  /** The head of the column that lies on the time axis; null where the view has none. */
  axis() { return this.head.querySelector('.span'); }

  #drawHead() {
    const { app } = this;
    this.head.className = `head view-${app.view.id}`;
    this.head.hidden = !app.view.columns.length;
    this.head.replaceChildren(...app.view.columns.map(([name, label]) =>
      el(`span.c.${name}`, null, label, ...(name === 'span' ? this.#spanTicks() : []))));
  }

  #spanTicks() {
    const { range } = this.app, marks = ticks(range, Math.max(200, innerWidth * 0.3), 80);
    return marks.at.map((at) => {
      const tick = el('small', { textContent: clock(at, marks.digits) });
      tick.style.left = `${(at - range[0]) / (range[1] - range[0]) * 100}%`;
      return tick;
    });
  }

  #drawStrip() {
    const { app } = this, { context, width, height } = sharpContext(this.canvas), colour = colours(), { session } = app;
    const columns = Math.ceil(width), all = new Uint32Array(columns), bad = new Uint8Array(columns), [from, to] = app.whole;
    const left = gutter(), x = (ms) => Math.min(columns - 1, Math.max(left, Math.floor(left + (ms - from) / (to - from) * (width - left))));
    let most = 1;
    for (let i = 0; i < session.count; ++i) {
      const column = x(session.at[i]);
      most = Math.max(most, ++all[column]);
      if (app.levels[i] === ERROR) bad[column] = 1;
    }
    for (let column = 0; column < columns; ++column) {
      if (!all[column]) continue;
      const tall = Math.max(2, Math.log(1 + all[column]) / Math.log(1 + most) * (height - 6));
      context.fillStyle = colour('density');
      context.fillRect(column, height - tall, 1, tall);
    }
    context.fillStyle = colour('error');
    for (let column = 0; column < columns; ++column) if (bad[column]) context.fillRect(column - 1, 0, 2, 5);
    if (!app.isZoomed()) return;
    context.fillStyle = colour('veil');
    context.fillRect(left, 0, x(app.range[0]) - left, height);
    context.fillRect(x(app.range[1]), 0, width, height);
    context.strokeStyle = colour('accent');
    context.strokeRect(x(app.range[0]) + 0.5, 0.5, Math.max(2, x(app.range[1]) - x(app.range[0])), height - 1);
  }
}
