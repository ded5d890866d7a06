// Starts the real `wye serve` and a page to browse; everything on ports that the system picks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 20_000;

/** Waits for all that are started side by side. If one fails, the others are stopped before its error is thrown, and the test ends. */
export async function startTogether(...starts) {
  const settled = await Promise.allSettled(starts);
  const failed = settled.find(({ status }) => status === 'rejected');
  if (!failed) return settled.map(({ value }) => value);
  await Promise.all(settled.map(({ value }) => value?.stop()));
  throw failed.reason;
}

/** What `setUp` makes on servers that run. If it fails, they are stopped before its error is thrown. */
export async function setUpOn(running, setUp) {
  try {
    return await setUp();
  } catch (error) {
    await Promise.allSettled(running.map((one) => one.stop()));
    throw error;
  }
}

const databases = new Map();  // by data directory: the environment for its server, and the PostgreSQL's end

/** With WYE_TEST_POSTGRES, the program src/testing/private_postgres and its template, each data directory has a PostgreSQL of its own. */
async function databaseOf(dataDir) {
  const command = process.env.WYE_TEST_POSTGRES?.split(' ');
  if (!command) return { environment: {}, end: async () => {} };
  if (databases.has(dataDir)) return databases.get(dataDir);
  const child = spawn(command[0], ['--template', command[1]], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited]);
  if (!String(line).startsWith('ready ')) throw new Error(`PostgreSQL is not ready: ${line}`);
  const end = async () => { databases.delete(dataDir); child.stdin.end(); await exited; };
  databases.set(dataDir, { environment: { WYE_DATABASE: line.slice('ready '.length) }, end });
  return databases.get(dataDir);
}

/**
 * A program's `wye serve`: `{ baseURL, apiKey, dataDir, output(), leave(), stop() }`. WYE_TEST_SERVE_OPTIONS: more words for it;
 * WYE_TEST_LISTEN: where. With a `dataDir`
 * it goes on where another one has left.
 */
export async function startWye({ allowHostLoopback = true, extraArgs = [], dataDir: given } = {}) {
  const binary = process.env.WYE_BIN;
  if (!binary) throw new Error('WYE_BIN must name the wye binary');
  const dataDir = given ?? await mkdtemp(join(tmpdir(), 'wye-'));
  const apiKey = 'sk_conformance_0123456789abcdef';
  const database = await databaseOf(dataDir);
  const more = [...extraArgs, ...(process.env.WYE_TEST_SERVE_OPTIONS ?? '').split(' ').filter(Boolean)];
  const child = spawn(binary, ['serve', '--listen', process.env.WYE_TEST_LISTEN ?? '127.0.0.1:0', '--data-dir', dataDir, ...(allowHostLoopback ? ['--allow-host-loopback'] : []), ...more],
                      { env: { ...process.env, ...database.environment, WYE_API_KEY: apiKey }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => { output += chunk; });
  const exited = once(child, 'exit');
  const baseURL = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`wye serve was not ready in time:\n${output}`));
    }, READY_WITHIN_MS);
    exited.then(() => {
      clearTimeout(timer);
      reject(new Error(`wye serve ended:\n${output}`));
    }, reject);
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += line + '\n';
      const ready = /^wye ready base_url=(\S+)/.exec(line);
      if (!ready) return;
      clearTimeout(timer);
      resolve(ready[1]);
    });
  });
  const leave = async (signal = 'SIGTERM') => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  };
  return {
    baseURL, apiKey, dataDir,
    output: () => output,
    /** The browsers live on. */
    leave,
    // Browsers outlive their server, so this ends the browsers of a test, even a failed one.
    async stop() {
      const headers = { Authorization: `Bearer ${apiKey}` };
      const left = await fetch(`${baseURL}/browsers?limit=100`, { headers }).then((answer) => answer.json()).catch(() => []);
      await Promise.all(left.map(({ session_id }) => fetch(`${baseURL}/browsers/${session_id}`, { method: 'DELETE', headers }).catch(() => {})));
      await leave();
      await database.end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Both ways to a browser's VM, through the control plane and straight: `{ base, headers }`. */
export function legsOf(wye, browser) {
  const jwt = new URL(browser.cdp_ws_url).searchParams.get('jwt');
  return [{ base: `${wye.baseURL}/browsers/${browser.session_id}`, headers: { Authorization: `Bearer ${wye.apiKey}` } },
          { base: browser.base_url, headers: { Authorization: `Bearer ${jwt}` } }];
}

/** A small site on the host's loopback, which VMs reach as `host.wye.internal`. Records what it was asked. */
export async function startSite() {
  const seen = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      if (request.url === '/teapot') {
        response.writeHead(418, { 'Content-Type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'] });
        return response.end('short and stout');
      }
      if (request.url === '/echo') {
        response.writeHead(200, { 'Content-Type': request.headers['content-type'] ?? 'application/octet-stream' });
        return response.end(Buffer.concat(chunks));
      }
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Set-Cookie': 'visited=yes' });
      response.end('<!doctype html><title>A small site</title><h1>Hello</h1><button onclick="this.textContent=\'clicked\'">press</button>');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: (path = '/') => `http://host.wye.internal:${server.address().port}${path}`,
    seen,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}
