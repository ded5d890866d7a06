// The session's events: what lists and lanes need lies in memory, the whole events stay packed until one is looked at.
import { unpack } from './packed.js';

// A row as `src/cli/report/event_row.cc` writes it: seq, ts, type, truncated, then the fields of its type.
const SEQ = 0, TS = 1, TYPE = 2, TRUNCATED = 3, FIELDS = 4;
const BLOCKS_IN_MEMORY = 6;

export class Session {
  constructor(facts) {
    this.facts = facts;
    this.types = facts.types.map(({ name, category, fields }) =>
      ({ name, category, at: Object.fromEntries(fields.map((field, i) => [field, FIELDS + i])) }));
    this.rows = [];
    this.blocks = [];  // { first, count, details }
    this.open = new Map();
  }

  /** Appends blocks of events: each is the packed index, and in the next line the packed events. */
  async read(texts) {
    const blocks = texts.map((text) => text.trim().split('\n'));
    const indexes = await Promise.all(blocks.map(([index]) => unpack(index)));
    for (const [n, index] of indexes.entries()) {
      const rows = JSON.parse(index);
      this.blocks.push({ first: this.rows.length, count: rows.length, details: blocks[n][1] });
      for (const row of rows) this.rows.push(row);
    }
  }

  /** To be called once all blocks were read. */
  complete() {
    const { rows } = this;
    this.count = rows.length;
    this.start = this.count ? rows[0][TS] : 0;
    this.at = new Float64Array(this.count);  // milliseconds since the first event
    for (let i = 0; i < this.count; ++i) this.at[i] = (rows[i][TS] - this.start) / 1000;
    this.end = this.count ? this.at[this.count - 1] : 0;
  }

  seq(i) { return this.rows[i][SEQ]; }
  ts(i) { return this.rows[i][TS]; }
  truncated(i) { return this.rows[i][TRUNCATED] === 1; }
  name(i) { return this.types[this.rows[i][TYPE]].name ?? this.get(i, 'type') ?? ''; }
  category(i) { return this.types[this.rows[i][TYPE]].category ?? this.get(i, 'category') ?? ''; }
  /** An indexed field; null where the event does not have it. */
  get(i, field) {
    const row = this.rows[i], at = this.types[row[TYPE]].at[field];
    return at === undefined ? null : row[at] ?? null;
  }

  /** The first event at or after a time. */
  firstAt(ms) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] < ms) low = middle + 1; else high = middle;
    }
    return low;
  }

  /** The event of a `seq`, or -1. */
  find(seq) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.seq(middle) < seq) low = middle + 1; else high = middle;
    }
    return low < this.count && this.seq(low) === seq ? low : -1;
  }

  /** What an event says of itself in the index, for searching; lower case. */
  words(i) {
    const row = this.rows[i];
    let out = this.name(i) + ' ' + row[SEQ];
    for (let at = FIELDS; at < row.length; ++at)
      if (typeof row[at] === 'string' || typeof row[at] === 'number') out += '\n' + row[at];
    return out.toLowerCase();
  }

  /** The whole events of a block, one JSON text a line. */
  async lines(block) {
    let lines = this.open.get(block);
    if (!lines) {
      lines = unpack(block.details).then((text) => text.split('\n'));
      this.open.set(block, lines);
      if (this.open.size > BLOCKS_IN_MEMORY) this.open.delete(this.open.keys().next().value);
    }
    return lines;
  }

  /** The whole event, parsed. */
  async whole(i) {
    let low = 0, high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle].first <= i) low = middle; else high = middle - 1;
    }
    const block = this.blocks[low];
    return JSON.parse((await this.lines(block))[i - block.first]);
  }
}
