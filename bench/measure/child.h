#pragma once

#include <sys/types.h>

#include <functional>

namespace wye::bench {

/// A child process that ends with this object.
class Child {
 public:
  explicit Child(const std::function<void()>& body);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// User and system time so far, in seconds.
  [[nodiscard]] double cpu_seconds() const;

 private:
  pid_t pid_ = -1;
};

}  // namespace wye::bench
