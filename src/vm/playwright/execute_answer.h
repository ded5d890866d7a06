#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wye::vm {

/// What a stream of a program's output has held; at most a bound.
class CapturedOutput {
 public:
  static constexpr std::size_t kMost = 1u << 20;  // vm-api §12
  void add(std::string_view bytes);
  /// Returns it as UTF-8, with a mark at the end when it was cut.
  [[nodiscard]] std::string text() const;

 private:
  std::string held_;
  bool cut_ = false;
};

/// What became of a run.
struct ExecuteOutcome {
  struct Tab {
    std::string target_id;
    bool created = false;
  };
  std::optional<std::string> error;  ///< Absent: it succeeded.
  std::string result;                ///< JSON; "": the code returned nothing.
  CapturedOutput out, err;
  std::optional<Tab> tab;
};

/// Writes the answer's body (wire-api §9, §22).
[[nodiscard]] std::string execute_answer(const ExecuteOutcome& outcome);

/// Tells whether text is one JSON value of at most 512 levels. Keeps nothing of it.
[[nodiscard]] bool is_json(std::string_view text);

}  // namespace wye::vm
