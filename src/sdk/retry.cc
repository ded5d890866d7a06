#include "sdk/retry.h"

#include "base/encoding.h"

namespace wye::sdk {

Again after_answer(Replay replay, int status, const HeaderFields& headers) {
  const auto asked = header(headers, "x-should-retry");
  if (replay == Replay::never || iequals(asked, "false") || status < 300) return Again::no;
  if (replay == Replay::freely) {
    const bool transient = status == 408 || status == 409 || status == 429 || status >= 500;
    return transient || iequals(asked, "true") ? Again::after_pause : Again::no;
  }
  const bool did_not_run = status == 429 || status == 503 || status == 529;
  return did_not_run && !header(headers, "Retry-After").empty() ? Again::after_pause : Again::no;
}

Again after_error(Replay replay, const Error& error) {
  if (replay == Replay::never || error.kind != ErrorKind::disconnected) return Again::no;
  if (error.code == "connect_failed") return Again::after_pause;
  if (replay != Replay::freely) return Again::no;
  if (error.code == "kept_connection_closed") return Again::at_once;
  return error.code == "connection_failed" ? Again::after_pause : Again::no;
}

}  // namespace wye::sdk
