#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::vm {

/// Finds out which file of an upload has which `dest_path`, from the names of its parts in any order and in
/// all forms that clients send (wire-api §1): `files[0][file]`, `files[0].file`, `files.0.file`,
/// `files[][file]` and `file`, the last two by the order of their kind. Pure.
class UploadFields {
 public:
  static constexpr std::size_t kMaxFiles = 256;

  enum class Which : std::uint8_t { file, dest_path };
  struct Field {
    Which which;
    std::size_t item;  ///< The same for a file and its path.
  };
  /// Notes a part. Nothing for a name that means nothing here; 400 for one that comes twice, or for more than
  /// `kMaxFiles` files.
  [[nodiscard]] Result<std::optional<Field>> add(std::string_view name);
  /// 400 unless each file has a path and each path a file, and there is one at least.
  [[nodiscard]] Result<void> complete() const;
  [[nodiscard]] std::size_t items() const { return seen_.size(); }

 private:
  struct Seen {
    bool file = false, dest_path = false;
  };
  std::map<std::string, std::size_t> item_of_;  // by what names it: a number, or the order
  std::map<std::size_t, Seen> seen_;
  std::size_t files_in_order_ = 0, paths_in_order_ = 0;
};

}  // namespace wye::vm
