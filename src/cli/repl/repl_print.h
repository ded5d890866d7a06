#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "wye/browser_repl.h"

namespace wye::cli {

/// Prints what cells have written, and keeps the images that they have shown in a directory, numbered.
class ReplPrint {
 public:
  explicit ReplPrint(std::optional<std::string> images) : images_(std::move(images)) {}
  /// Prints texts to standard output and error, then the error of a cell that has failed.
  [[nodiscard]] Result<void> print(const ReplResult& result, bool with_error);

 private:
  [[nodiscard]] Result<void> show_image(const ReplContent& content);

  const std::optional<std::string> images_;
  std::size_t count_ = 0;
};

}  // namespace wye::cli
