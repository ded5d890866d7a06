#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wye/browsers.h"

namespace wye {

/// A cell of JavaScript, whose declarations the next one finds (wire-api §23; docs/playwright.md).
struct ReplCell {
  std::string code;                         ///< Empty only with `reset`. ≤ 8 MiB.
  std::optional<std::int64_t> timeout_sec;  ///< Seconds until it is killed, 1–300. Absent: 60.
  std::optional<bool> reset;                ///< Forgets everything first.
};

/// Something that a cell has written or shown.
struct ReplContent {
  std::string type;                      ///< `text` or `image`.
  std::optional<std::string> channel;    ///< Of a text: `write`, `stdout` or `stderr`.
  std::optional<std::string> text;       ///< Of a text.
  std::optional<std::string> mime_type;  ///< Of an image, such as `image/png`.
  std::optional<std::string> data_b64;   ///< Of an image: base64, at most 8 MiB of bytes.
};

/// What became of a cell.
struct ReplResult {
  std::string repl_id;               ///< Of the process that ran it; another one has forgotten everything.
  bool success = false;              ///< False: it has thrown, took too long, or was stopped.
  std::vector<ReplContent> content;  ///< In its order; up to 256 KiB of text and 16 MiB of images.
  std::optional<bool> content_truncated;    ///< True when it wrote or showed more.
  std::optional<std::int64_t> duration_ms;  ///< Milliseconds.
  std::optional<std::string> error;         ///< Why it was no success.
  std::optional<std::string> stack;         ///< Where it has thrown.
  std::optional<bool> repl_terminated;      ///< True when everything is forgotten: the next cell starts without any state.
};

/// JavaScript that keeps its state, beside the browser: `client.browsers().repl()`. Like the client that made
/// it, thread-safe and cheap to copy; cells of one browser run one after another.
class Repl {
 public:
  explicit Repl(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// Runs a cell; a cell that fails is a value, with `success` false. The call goes to the control plane,
  /// unless `repl` is one of `ClientOptions::routing_subresources`. A client that goes away stops the cell,
  /// so a call whose `timeout` is absent waits at least 15 s longer than `timeout_sec`. Never sent again once
  /// it may have run.
  Result<Reached<ReplResult>> run(const std::string& id_or_name, const ReplCell& cell,
                                  CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
