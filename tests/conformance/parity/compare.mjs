// Two answers, field by field.

/** The forms that volatile fields may have: what two values must have in common, or undefined if the form is not kept. */
const matching = (pattern) => (value) => typeof value === 'string' && pattern.test(value) ? String(pattern) : undefined;
const FORMS = {
  id: matching(/^[a-z][a-z0-9]{23}$/),
  uuid: matching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  time: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
  word: matching(/^\S+$/),
  text: matching(/./s),
  request: matching(/^req-[a-z0-9]{24}$/),
  etag: matching(/^"[^"]+"$/),
  integer: (value) => Number.isSafeInteger(value) && value >= 0 ? 'integer' : undefined,
  number: (value) => typeof value === 'number' && value >= 0 ? 'number' : undefined,
  /** An address of a session: the same but for the session's id and token. */
  address: (value) => typeof value === 'string' && URL.canParse(value)
    ? value.replace(/jwt=[\w.-]+/, 'jwt=').replace(/\/[a-z][a-z0-9]{23}(?=[/?]|$)/, '/{id}') : undefined,
};

const isObject = (value) => typeof value === 'object' && value !== null;

/** What differs, as sentences. `volatile`: path of a field (`a.b`, `[].a` in arrays) to the name of its form. */
export function differences(one, other, volatile = {}, path = '') {
  const form = volatile[path];
  if (form) {
    const [left, right] = [one, other].map(FORMS[form]);
    if (left === undefined || right === undefined) return [`${path} is no ${form}: ${JSON.stringify(one)}, ${JSON.stringify(other)}`];
    return left === right ? [] : [`${path}: ${left}, ${right}`];
  }
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other))
    return Object.is(one, other) ? [] : [`${path || 'all'}: ${JSON.stringify(one)}, ${JSON.stringify(other)}`];
  if (Array.isArray(one)) {
    if (one.length !== other.length) return [`${path} has ${one.length} and ${other.length} items`];
    return one.flatMap((item, at) => differences(item, other[at], volatile, `${path}[]`));
  }
  const names = Object.keys(one).join(' ');
  if (names !== Object.keys(other).join(' ')) return [`fields of ${path || 'all'}: ${names}; ${Object.keys(other).join(' ')}`];
  return Object.keys(one).flatMap((name) => differences(one[name], other[name], volatile, path === '' ? name : `${path}.${name}`));
}

/** What an answer holds: JSON, the events of a stream, or bytes. `null` if it has no body. */
export function contentOf({ headers, body }) {
  const type = headers['content-type'] ?? '';
  if (body.length === 0) return null;
  if (type.startsWith('application/json')) return JSON.parse(body);
  if (!type.startsWith('text/event-stream')) return body.toString('base64');
  const whole = body.toString().split('\n\n').slice(0, -1).filter((frame) => !frame.startsWith(':'));
  return whole.map((frame) => Object.fromEntries(frame.split('\n').map((line) => {
    const at = line.indexOf(': ');
    const [name, value] = [line.slice(0, at), line.slice(at + 2)];
    return [name, name === 'data' ? JSON.parse(value) : value];
  })));
}
