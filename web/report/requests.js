// Which request, answer and failure belong together.

/** Records in the order they began, and for each event the number of its record or -1. */
export function pairRequests(session) {
  const records = [], of = new Int32Array(session.count).fill(-1), open = new Map();
  const begin = (i, key) => {
    const record = { number: records.length, request: -1, answer: -1, failure: -1, proxy: -1, redirected: false,
                     start: session.at[i], end: NaN };
    records.push(record);
    open.set(key, record);
    return record;
  };
  // With a page's document go the requests that it still waits for: of most nothing is told any more.
  const giveUp = (i) => {
    const target = session.get(i, 'target_id'), loader = session.get(i, 'loader_id');
    for (const record of open.values()) {
      const about = (field) => session.get(record.request, field);
      if (record.request >= 0 && Number.isNaN(record.end) && about('target_id') === target && about('loader_id') !== loader) record.end = session.at[i];
    }
  };
  for (let i = 0; i < session.count; ++i) {
    const name = session.name(i);
    if (name === 'page_navigation' && session.get(i, 'parent_frame_id') === null) giveUp(i);
    const part = PARTS[name];
    if (!part) continue;
    const key = `${session.get(i, 'target_id')} ${session.get(i, 'request_id')}`;
    let record = open.get(key);
    if (part === 'request' && record) {  // the same request again: it was redirected
      record.end = session.at[i];
      record.redirected = true;
      record = undefined;
    }
    record ??= begin(i, key);
    record[part] = i;
    of[i] = record.number;
    if (part !== 'request') record.end = session.at[i];
    if (part === 'answer' || part === 'failure') open.delete(key);  // a proxy's error may be followed by either
  }
  return { records, of };
}

const PARTS = { __proto__: null, network_request: 'request', network_response: 'answer', network_loading_failed: 'failure', proxy_error: 'proxy' };

/** The record's events, the one that stands for it first. */
export function eventsOf(record) {
  return [record.request, record.answer, record.failure, record.proxy].filter((i) => i >= 0);
}

/** What a list shows of a record. */
export function describeRequest(session, record) {
  const [lead] = eventsOf(record);
  const field = (name) => {
    for (const i of [record.request, record.answer, record.failure, record.proxy]) {
      const value = i >= 0 ? session.get(i, name) : null;
      if (value !== null) return value;
    }
    return null;
  };
  const status = record.answer >= 0 ? session.get(record.answer, 'status') : null;
  const canceled = record.failure >= 0 && session.get(record.failure, 'canceled') === true;
  let outcome = status === null ? 'no answer' : String(status);
  if (record.redirected) outcome = 'redirect';
  if (record.failure >= 0) outcome = canceled ? 'canceled' : 'failed';
  const ended = record.answer >= 0 || record.failure >= 0 || record.redirected;
  const ms = ended && (record.request >= 0 || record.answer < 0) ? record.end - record.start : NaN;
  return { lead, outcome, status, ms, url: field('url') ?? '', method: field('method') ?? '', kind: field('resource_type') ?? '',
           mime: field('mime_type') ?? '', bytes: record.answer >= 0 ? session.get(record.answer, 'bytes') : null,
           error: record.failure >= 0 ? session.get(record.failure, 'error_text') : null };
}
