// An OTLP/HTTP receiver that decodes with OpenTelemetry's own generated messages, in protobuf and in JSON.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';

const { opentelemetry } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root');
const { logs, trace } = opentelemetry.proto.collector;
const REQUESTS = { '/v1/logs': logs.v1.ExportLogsServiceRequest, '/v1/traces': trace.v1.ExportTraceServiceRequest };
const PLAIN = { longs: String, bytes: String };

const hexOf = (base64) => Buffer.from(base64, 'base64').toString('hex');

/** Each object of a tree, ids first turned by `turn`: JSON has them in hex, protobufjs in base64. */
function turnIds(value, turn) {
  if (Array.isArray(value)) return value.map((item) => turnIds(item, turn));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) =>
    [name, ['traceId', 'spanId', 'parentSpanId'].includes(name) ? turn(inner) : turnIds(inner, turn)]));
}

/** The request as plain objects, ids in hex. Throws for what OpenTelemetry's messages do not hold. */
export function decode(path, contentType, body) {
  const Message = REQUESTS[path];
  if (contentType === 'application/x-protobuf') {
    const message = Message.decode(body);
    assert.equal(Message.encode(message).finish().length, body.length, 'no field that the message does not know');
    return turnIds(Message.toObject(message, PLAIN), hexOf);
  }
  assert.equal(contentType, 'application/json');
  const given = JSON.parse(body);
  const message = Message.fromObject(turnIds(given, (hex) => {
    assert.match(hex, /^([0-9a-f]{16}){1,2}$/);
    return Buffer.from(hex, 'hex').toString('base64');
  }));
  assert.equal(Message.verify(message), null);
  const understood = turnIds(Message.toObject(message, { ...PLAIN, arrays: false }), hexOf);
  // Checks that every name is a field of the message, and every number has the form that OTLP/JSON requires.
  assert.deepEqual(understood, withoutEmpty(given));
  return understood;
}

/** protobufjs leaves out empty lists. */
function withoutEmpty(value) {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0)).map(([name, inner]) => [name, withoutEmpty(inner)]));
}

/** An AnyValue as the JavaScript value it stands for. */
export function plain(any = {}) {
  if (any.stringValue !== undefined) return any.stringValue;
  if (any.boolValue !== undefined) return any.boolValue;
  if (any.intValue !== undefined) return Number(any.intValue);
  if (any.doubleValue !== undefined) return any.doubleValue;
  if (any.arrayValue) return (any.arrayValue.values ?? []).map(plain);
  if (any.kvlistValue) return attributesOf(any.kvlistValue.values);
  return null;
}
export const attributesOf = (list = []) => Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));

/**
 * `{endpoint, requests, logs(session), spans(session), waitFor(condition), answer, stop(), start()}`; `answer(request)` may give
 * another status than 200. After `stop` nobody listens; `start` listens at the same port again.
 */
export async function startCollector() {
  const collector = { requests: [], failures: [], answer: () => 200 };
  const waiting = new Set();
  const listener = (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const status = collector.answer(request);
      if (status === 200) {
        try {
          const raw = Buffer.concat(chunks);
          const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
          const path = request.url.replace('/base', '');
          collector.requests.push({ path, headers: request.headers, packed: raw !== body, decoded: decode(path, request.headers['content-type'], body) });
        } catch (error) {
          collector.failures.push(error);
        }
      }
      response.writeHead(status, { 'Content-Type': request.headers['content-type'] });
      response.end(request.headers['content-type'] === 'application/json' ? '{}' : '');
      for (const check of waiting) check();
    });
  };
  let server, port = 0;
  collector.start = async () => {
    server = createServer(listener);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = server.address().port;
    collector.endpoint = `http://127.0.0.1:${port}/base`;
  };
  collector.stop = () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); });
  const items = (path, resources, scopes, name) => (session) =>
    collector.requests.filter((request) => request.path === path).flatMap(({ decoded }) => decoded[resources] ?? [])
      .filter(({ resource }) => attributesOf(resource.attributes)['session.id'] === session)
      .flatMap((one) => one[scopes]).flatMap((scope) => scope[name]);
  collector.logs = items('/v1/logs', 'resourceLogs', 'scopeLogs', 'logRecords');
  collector.spans = items('/v1/traces', 'resourceSpans', 'scopeSpans', 'spans');
  collector.waitFor = (condition, what, withinMs = 60_000) => new Promise((resolve, reject) => {
    const check = () => {
      if (collector.failures.length > 0) done(() => reject(collector.failures[0]));
      else if (condition()) done(resolve);
    };
    const timer = setTimeout(() => done(() => reject(new Error(`not in time: ${what}`))), withinMs);
    const done = (end) => { clearTimeout(timer); waiting.delete(check); end(); };
    waiting.add(check);
    check();
  });
  await collector.start();
  return collector;
}
