// What is being looked at (view, range, search, switches, one event), and everything that shows it.
import { analyse } from './analysis.js';
import { Bar } from './bar.js';
import { byId } from './dom.js';
import { clampRange } from './scale.js';
import { Details } from './details.js';
import { drawHeader } from './header.js';
import { drawProblems } from './problems_view.js';
import { ERROR } from './describe.js';
import { ListPanel } from './list_panel.js';
import { Pictures } from './pictures.js';
import { Search } from './query.js';
import { Timeline } from './timeline.js';
import { VIEWS } from './views.js';

const SEARCH_AFTER_MS = 120, REDRAW_EVERY_MS = 250, ZOOM_MS = 1000, ADDRESS_AFTER_MS = 200;

export class App {
  constructor(facts, session, pictures) {
    Object.assign(this, analyse(session));
    this.facts = facts;
    this.session = session;
    this.pictures = new Pictures(session, pictures);
    this.range = this.whole;
    this.view = VIEWS[0];
    this.chips = new Set();
    this.search = null;
    this.selected = -1;
  }

  draw() {
    drawHeader(this, byId('header'));
    drawProblems(this, byId('problems'));
    this.panel = new ListPanel(this, byId('list'));
    if (this.session.count) this.timeline = new Timeline(this, byId('timeline'));
    this.bar = new Bar(this, byId('bar'));
    this.details = new Details(this, byId('details'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.timeline?.draw(); this.bar.draw(); });
    this.bar.drawView();
    this.#show();
    const asked = this.session.find(Number(location.hash.slice(1)));
    if (asked >= 0) this.select(asked);
  }

  problematic(record) {
    return [record.answer, record.failure, record.proxy].some((i) => i >= 0 && this.levels[i] === ERROR);
  }

  isZoomed() { return this.range !== this.whole; }
  isNarrowed() { return this.isZoomed() || this.search !== null || this.chips.size > 0; }

  setView(id) {
    this.view = VIEWS.find((view) => view.id === id);
    this.chips.clear();
    this.bar.drawView();
    this.#show();
    this.#toList();
  }

  toggleChip(kind) {
    if (!this.chips.delete(kind)) this.chips.add(kind);
    this.bar.drawView();
    this.#show();
  }

  /** Null is the whole session. */
  setRange(range) {
    this.range = range === null || (range[0] <= this.whole[0] && range[1] >= this.whole[1]) ? this.whole : range;
    this.timeline?.draw();
    this.#show();
  }

  /** Moves the range so that a time lies in its middle. */
  centre(ms) {
    const half = (this.range[1] - this.range[0]) / 2;
    if (this.isZoomed()) this.setRange(clampRange([ms - half, ms + half], this.whole));
  }

  /** Zooms to what an event is about: its page's loading, its request, else a moment around it. */
  zoomTo(i) {
    const [from, to] = this.#extent(i), around = (to - from) * 0.1;
    this.setRange(clampRange([from - around, to + around], this.whole));
    this.select(i);
  }

  #extent(i) {
    const { session } = this, at = session.at[i], page = this.pages.navigations[this.pages.of[i]], record = this.requests.records[this.requests.of[i]];
    if (page?.event === i) return [page.start, Math.min(page.end, page.start + Math.max(ZOOM_MS, page.load || 0, page.lcp || 0))];
    if (record && record.end > record.start) return [record.start - (record.end - record.start), record.end + (record.end - record.start)];
    return [at - ZOOM_MS, at + ZOOM_MS];
  }

  setQuery(text) {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.#startSearch(text), SEARCH_AFTER_MS);
  }

  async #startSearch(text) {
    if (!text.trim()) {
      this.search = null;
      this.#show();
      return;
    }
    const recordOf = (i) => this.answered[this.requests.of[i]] ?? null;
    const search = this.search = new Search(this.session, this.levels, recordOf, text);
    this.#show();
    if (!search.deep) return;
    let drawn = performance.now();
    await search.lookDeeper(() => this.search !== search, () => {
      if (performance.now() - drawn < REDRAW_EVERY_MS) return;
      drawn = performance.now();
      this.#show();
    });
    if (this.search === search) this.#show();
  }

  showEverything() {
    clearTimeout(this.typing);
    this.search = null;
    this.bar.search.value = '';
    this.chips.clear();
    this.bar.drawView();
    this.setRange(null);
  }

  /** Shows an event in full, marks its row where the list has one; -1 closes. */
  select(i) {
    this.selected = i;
    if (i >= 0) this.details.show(i);
    this.#address(i);
    if (i >= 0 && (this.session.at[i] < this.range[0] || this.session.at[i] > this.range[1])) this.centre(this.session.at[i]);
    this.panel.select(i);
    this.timeline?.draw();
  }

  // Once the reader rests: browsers refuse addresses that change with every row of a held arrow key.
  #address(i) {
    clearTimeout(this.addressing);
    this.addressing = setTimeout(() => history.replaceState(null, '', i >= 0 ? `#${this.session.seq(i)}` : location.pathname + location.search), ADDRESS_AFTER_MS);
  }

  /** The time the pointer is at, in timeline or strip; null when it left. */
  hover(ms) { this.panel.guideAt(ms, this.bar.axis()); }

  #show() {
    const [shown, all] = this.panel.show();
    this.bar.drawFound(shown, all);
  }

  #toList() {
    const top = byId('list').getBoundingClientRect().top, covered = byId('bar').getBoundingClientRect().height;
    if (top < covered) scrollBy({ top: top - covered, behavior: 'instant' });
    else byId('bar').scrollIntoView({ block: 'start', behavior: 'instant' });
  }
}
