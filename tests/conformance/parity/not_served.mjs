// What the official client has and Wye does not serve, with the reason. All of it is answered with 501 `not_implemented`, which is checked.
import { toFile } from '@onkernel/sdk';

const all = (resource, methods, why) => Object.fromEntries(methods.map((method) => [`${resource}.${method}`, why]));
const CRUD = ['create', 'retrieve', 'update', 'list', 'delete'];

const LATER = 'in the contract, not in this version';
const CLOUD = 'out of scope: of the hosted service (code that is deployed there, logins, credentials)';

export const notServed = {
  'browsers.loadExtensions': LATER,
  ...all('browsers.replays', ['list', 'download', 'start', 'stop'], LATER),
  ...all('profiles', [...CRUD, 'download'], LATER),
  ...all('proxies', [...CRUD, 'check'], LATER),
  ...all('extensions', ['list', 'delete', 'download', 'downloadFromChromeStore', 'get', 'upload'], LATER),
  ...all('browserPools', [...CRUD, 'acquire', 'flush', 'release'], LATER),
  ...all('projects', CRUD, LATER),
  ...all('projects.limits', ['retrieve', 'update'], LATER),
  ...all('organization.limits', ['retrieve', 'update'], LATER),
  ...all('auditLogs', ['list', 'exportChunk', 'download'], LATER),
  ...all('deployments', ['create', 'retrieve', 'list', 'delete', 'follow'], CLOUD),
  'apps.list': CLOUD,
  ...all('invocations', ['create', 'retrieve', 'update', 'list', 'deleteBrowsers', 'follow', 'listBrowsers'], CLOUD),
  ...all('auth.connections', [...CRUD, 'follow', 'login', 'submit', 'timeline'], CLOUD),
  ...all('credentials', [...CRUD, 'totpCode'], CLOUD),
  ...all('credentialProviders', [...CRUD, 'listItems', 'test'], CLOUD),
};

const period = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' };
const file = () => toFile(Buffer.from('PK'), 'a.zip');

/** Arguments that pass the client's own checks; those that are not here take an id, and a body or a query. */
const ARGUMENTS = {
  'browsers.loadExtensions': async ({ id }) => [id, { extensions: [{ name: 'a', zip_file: await file() }] }],
  'browsers.replays.list': ({ id }) => [id],
  'browsers.replays.start': ({ id }) => [id, {}],
  'browsers.replays.download': ({ id }) => ['x', { id }],
  'browsers.replays.stop': ({ id }) => ['x', { id }],
  'deployments.create': async () => [{ entrypoint_rel_path: 'a.ts', file: await file() }],
  'extensions.upload': async () => [{ file: await file() }],
  'extensions.downloadFromChromeStore': () => [{ url: 'https://chromewebstore.google.com/detail/a/b' }],
  'auditLogs.list': () => [period],
  'auditLogs.exportChunk': () => [period],
  'auditLogs.download': () => [period, { write: () => true }],
  'organization.limits.retrieve': () => [],
  'organization.limits.update': () => [{ default_project_max_concurrent_sessions: 1 }],
};

export async function argumentsOf(name, leg) {
  if (ARGUMENTS[name]) return ARGUMENTS[name](leg);
  return /\.(create|list)$/.test(name) ? [{}] : ['x', {}];
}
