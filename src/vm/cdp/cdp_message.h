#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::vm {

/// A DevTools message's kind, found without parsing it, so that unwanted messages cost next to nothing.
struct CdpHead {
  std::int64_t id = 0;       ///< Of an answer; 0 for an event.
  std::string_view method;   ///< Of an event; "" for an answer.
  std::string_view session;  ///< "" = the browser's own.
};

/// Reads the member order that Chromium writes: `{"method":…,"params":…,"sessionId":…}` and
/// `{"id":…,…,"sessionId":…}`. Nothing when the text begins otherwise.
[[nodiscard]] std::optional<CdpHead> read_cdp_head(std::string_view text);

/// Strings of an event that becomes telemetry are cut to `kMaxCapturedString` bytes while they are parsed, so
/// that a message of megabytes makes no values of megabytes. Answers (a body, a screenshot) and events for a
/// session's own listener (a piece of a body) are parsed whole.
enum class Strings { cut, whole };

/// Parses a message of Chromium. Its strings are a page's and may hold half a surrogate pair, which JSON
/// parsers refuse: those become U+FFFD, as do bytes that are not UTF-8.
[[nodiscard]] Result<boost::json::value> parse_cdp(std::string_view text, Strings strings,
                                                   boost::json::storage_ptr storage = {});

/// Returns the text with every lone surrogate escape and every byte that is not UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string mended(std::string_view text);

/// One event, parsed at most once, when a listener asks for its parameters. Lives for one dispatch.
class CdpEvent {
 public:
  CdpEvent(CdpHead head, std::string_view text) : head_(head), text_(text) {}
  CdpEvent(const CdpEvent&) = delete;

  [[nodiscard]] std::string_view method() const { return head_.method; }
  [[nodiscard]] std::string_view session() const { return head_.session; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  /// Empty when the message cannot be read.
  [[nodiscard]] const boost::json::object& params();
  /// Tells whether a listener asked and the message could not be read.
  [[nodiscard]] bool is_unreadable() const { return parsed_ && params_ == nullptr; }

 private:
  CdpHead head_;
  std::string_view text_;
  unsigned char first_block_[16 * 1024];
  std::optional<boost::json::monotonic_resource> memory_;
  std::optional<boost::json::value> parsed_;
  const boost::json::object* params_ = nullptr;
};

}  // namespace wye::vm
