#pragma once

#include <string_view>

namespace wye::vm {

/// The name of the binding by which the hidden page calls back.
inline constexpr std::string_view kCurlBinding = "wyeCurlOut";
/// The URL fragment that matches a paused request with its job. Fragments are not sent.
inline constexpr std::string_view kJobFragment = "#wye-curl-job-";
/// The pieces of a body that may travel from the page to the caller at once; then the page waits for credit.
/// Bindings have no back-pressure.
inline constexpr int kCurlCredit = 8;

/// The script of the hidden page: `wyeCurl.start(job, url, method, credit)`, `.more(job, pieces)`,
/// `.stop(job)`. It calls the binding with `job|d|<base64>` for a piece of the body, `job|e|` at its end,
/// `job|x|<reason>` when the fetch failed and `job|u|` when the browser cannot read the URL.
inline constexpr std::string_view kCurlPageScript = R"js(
globalThis.wyeCurl ??= (() => {
  const jobs = new Map();
  const PIECE = 48 * 1024;
  const out = (id, kind, text) => wyeCurlOut(`${id}|${kind}|${text}`);
  const credit = (job) => job.credit > 0 ? undefined : new Promise((resolve) => { job.wake = resolve; });
  async function run(id, job, url, method) {
    try {
      const answer = await fetch(`${url}#wye-curl-job-${id}`,
                                 { method, credentials: 'include', redirect: 'follow', signal: job.abort.signal });
      out(id, 'h', '');
      if (answer.body) {
        const reader = answer.body.getReader();
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          for (let at = 0; at < value.length; at += PIECE) {
            while (job.credit <= 0) await credit(job);
            if (job.abort.signal.aborted) throw new Error('stopped');
            --job.credit;
            out(id, 'd', value.subarray(at, at + PIECE).toBase64());
          }
        }
      }
      out(id, 'e', '');
    } catch (error) {
      out(id, 'x', String(error));
    } finally {
      jobs.delete(id);
    }
  }
  return {
    start(id, url, method, credits) {
      if (!URL.canParse(url)) return out(id, 'u', '');
      const job = { abort: new AbortController(), credit: credits, wake: () => {} };
      jobs.set(id, job);
      run(id, job, url, method);
    },
    more(id, pieces) {
      const job = jobs.get(id);
      if (!job) return;
      job.credit += pieces;
      job.wake();
    },
    stop(id) {
      const job = jobs.get(id);
      if (!job) return;
      job.abort.abort();
      job.wake();
    },
  };
})();
)js";

}  // namespace wye::vm
