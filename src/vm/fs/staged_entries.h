#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "wye/result.h"

namespace wye::vm {

/// The entries of an archive that wait under their numbers for their names. Refuses what would stop the
/// renaming half-way, and bounds what it holds. Pure.
class StagedEntries {
 public:
  /// Of all names together: 65,536 entries may have names of 4,095 bytes.
  static constexpr std::size_t kMaxNameBytes = 32u << 20;

  struct Entry {
    std::string name;
    bool is_dir = false;
    mode_t mode = 0;
    std::optional<std::string> target;  ///< Of a link.
  };

  /// Returns the number of the next entry; 400 `too_many` beyond `kMaxArchiveEntries`.
  [[nodiscard]] Result<std::size_t> next_number();
  /// 400 for a name below a file or link of this archive, and for a file or link where it has a directory.
  [[nodiscard]] Result<void> check(const std::string& name, bool is_dir);
  /// Keeps an entry that was checked. The last one of a name has it.
  void add(std::size_t number, Entry entry);

  /// Returns the number of the entry that has the name.
  [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const;
  [[nodiscard]] const Entry& at(std::size_t number) const { return entries_.at(number); }
  /// Returns all of them in the archive's order.
  [[nodiscard]] const std::map<std::size_t, Entry>& all() const { return entries_; }
  /// Returns the directories that names are, or lead through.
  [[nodiscard]] const std::set<std::string>& directories() const { return directories_; }

 private:
  std::size_t seen_ = 0, name_bytes_ = 0;
  std::map<std::size_t, Entry> entries_;
  std::map<std::string, std::size_t> number_of_;
  std::set<std::string> directories_;
};

/// Return a name's directory ("" for none) and its last segment.
[[nodiscard]] std::string parent_of(const std::string& name);
[[nodiscard]] std::string base_of(const std::string& name);

}  // namespace wye::vm
