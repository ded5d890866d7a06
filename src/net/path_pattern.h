#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace wye::net {

/// The parts of a path that stand for `{}` and `**` in its pattern.
class PathParameters {
 public:
  static constexpr std::size_t kMost = 4;
  static constexpr std::size_t kMaxBytes = 1024;  ///< The most of each, decoded.

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Returns the segment for the `{}` of that number, from 0: percent-decoded, UTF-8, not empty, without
  /// slashes.
  [[nodiscard]] const std::string& operator[](std::size_t number) const { return values_.at(number); }
  /// Returns what `**` stands for, still encoded; "" for nothing. Points into the path that was matched.
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  friend class PathPattern;
  bool add(std::string_view segment);

  std::array<std::string, kMost> values_;
  std::size_t size_ = 0;
  std::string_view rest_;
};

enum class PathMatch {
  no,
  yes,
  malformed,  ///< It would match, but a `{}` stands for nothing, for bytes that are not UTF-8 or for too
              ///< many.
};

/// A pattern for paths: `/browsers/{}/telemetry`, where `{}` is any one segment, or `/browsers/{}/**`, where
/// `**` is the rest of the path and may be empty. Other segments are compared byte for byte, still encoded.
/// Slashes at a path's end do not count. Pure.
class PathPattern {
 public:
  /// Throws `std::logic_error` for a text that is no pattern: we write the patterns.
  explicit PathPattern(std::string_view pattern);

  /// Matches a path that is well formed (`is_well_formed_path`).
  [[nodiscard]] PathMatch match(std::string_view path, PathParameters& out) const;

  /// Returns whether this pattern is tried before the other: where they differ, a literal segment goes before
  /// `{}`, and `{}` before `**`.
  [[nodiscard]] bool goes_before(const PathPattern& other) const;
  friend bool operator==(const PathPattern&, const PathPattern&) = default;

 private:
  std::vector<std::string> segments_;
};

/// Returns whether a path begins with a slash, is correctly percent-encoded, and has no segment that,
/// decoded, is `.` or `..` or has a slash, a backslash or NUL.
[[nodiscard]] bool is_well_formed_path(std::string_view path);

}  // namespace wye::net
