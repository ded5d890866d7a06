/**
 * What every method is tried with, in this order. A case:
 * - `route`: where its calls go. By default each client has its own leg; `control` and `direct`: both clients have that one.
 * - `takesBrowser`: its calls take the id of a browser, `leg.id`, so that an unknown and a deleted one are tried, too.
 * - `prepare(leg)`, `call(leg)`: one request of the client; `status` and `type` (of content) of its answer.
 * - `volatile`: fields that differ, with their forms (compare.mjs); `pick`: the part of the content that is compared, otherwise all of it.
 * - `effect(leg, result)`: checks what came of it, by another way than the answer; `proof`: that way, in words.
 * - `bad`: what is wrong to the status, the code and the call; `badBesides`: why there is none.
 * - `gone`: the code, if not `browser_gone`, for a deleted browser; `unknown`: why an unknown one is not tried.
 */
import { apiKeys } from './api_keys.mjs';
import { archives } from './fs_archives.mjs';
import { ended, made } from './browsers.mjs';
import { computer } from './computer.mjs';
import { curl } from './curl.mjs';
import { fs } from './fs.mjs';
import { logs } from './logs.mjs';
import { playwright } from './playwright.mjs';
import { process } from './process.mjs';
import { telemetry } from './telemetry.mjs';

export const CASES = { ...made, ...curl, ...telemetry, ...process, ...fs, ...archives, ...logs, ...playwright, ...computer, ...apiKeys, ...ended };
