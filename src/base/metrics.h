#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace wye {

/// A counter that one thread changes and every thread may read. A change costs a plain addition: no lock, no
/// fence.
class OwnCounter {
 public:
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void take(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - by, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// A counter that every thread may change.
class SharedCounter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  void take(std::uint64_t by = 1) { value_.fetch_sub(by, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// Builds a text in the Prometheus exposition format 0.0.4. Names of families and labels are plain words of
/// our own; values of labels may be any text. The caller bounds the number of label values.
class Exposition {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";
  enum class Type { counter, gauge };
  using Label = std::pair<std::string_view, std::string_view>;

  /// Begins a family; its samples follow, before the next family.
  void family(std::string_view name, Type type, std::string_view help);
  void sample(std::initializer_list<Label> labels, std::uint64_t value);
  void sample(std::initializer_list<Label> labels, double value);
  void sample(std::uint64_t value) { sample({}, value); }
  /// Adds a family of one sample.
  void single(std::string_view name, Type type, std::string_view help, std::uint64_t value);
  void single(std::string_view name, Type type, std::string_view help, double value);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void begin_sample(std::initializer_list<Label> labels);
  std::string text_;
  std::string name_;
};

}  // namespace wye
