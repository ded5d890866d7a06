#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wye::cli {

inline constexpr std::size_t kPictureBudget = 24u << 20;  ///< Bytes of PNG that a report keeps by default.

/// The screenshots of a report. Equal pictures are kept once. Whenever they exceed the budget, every second
/// one is dropped, so that the rest is spread evenly over the session.
class Pictures {
 public:
  explicit Pictures(std::size_t budget) : budget_(budget) {}

  /// Returns the picture's number, also when it is not kept; nothing when the text is no base64 of a PNG.
  std::optional<std::int64_t> add(std::string_view base64_text);

  /// The kept pictures: number → PNG.
  [[nodiscard]] const std::map<std::int64_t, std::string>& kept() const { return kept_; }
  [[nodiscard]] std::size_t distinct() const { return numbers_.size(); }
  [[nodiscard]] std::size_t budget() const { return budget_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void thin();

  std::size_t budget_, bytes_ = 0;
  std::int64_t stride_ = 1;
  std::map<std::string, std::int64_t, std::less<>> numbers_;  // by digest
  std::map<std::int64_t, std::string> kept_;
};

}  // namespace wye::cli
