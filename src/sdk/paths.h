#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wye/http.h"

namespace wye::sdk {

/// A query string under construction.
class Query {
 public:
  void add(std::string_view name, const std::optional<std::string>& value);
  void add(std::string_view name, const std::optional<std::int64_t>& value);
  /// Adds a comma-separated list; an empty one counts as absent.
  void add_list(std::string_view name, const std::vector<std::string>& values);
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Returns "" or "?…".
  [[nodiscard]] std::string suffix() const { return text_.empty() ? "" : "?" + text_; }

 private:
  std::string text_;
};

/// Returns `/browsers/{id_or_name}` + tail. An id or name that would lead to another path (nothing, `.` and
/// `..`) is `invalid`.
[[nodiscard]] Result<std::string> browser_path(std::string_view id_or_name, std::string_view tail = "");

/// Encodes one segment of a path. One that would lead to another path is `invalid`, with the message.
[[nodiscard]] Result<std::string> path_segment(std::string_view text, const char* message);

[[nodiscard]] Request json_request(std::string method, std::string path, std::string body);

}  // namespace wye::sdk
