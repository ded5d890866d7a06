#include "vm/fs/staged_entries.h"

#include "vm/fs/file_error.h"
#include "vm/fs/pack_archive.h"

namespace wye::vm {
namespace {

Error too_many_entries() {
  return bad_file_request("too_many",
                          "an archive has at most " + std::to_string(kMaxArchiveEntries) + " entries");
}

}  // namespace

std::string parent_of(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

std::string base_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }

Result<std::size_t> StagedEntries::next_number() {
  if (seen_ >= kMaxArchiveEntries) return too_many_entries();
  return ++seen_;
}

Result<void> StagedEntries::check(const std::string& name, bool is_dir) {
  const auto clashes = [&name] {
    return bad_file_request("archive_refused", "the archive's entry " + name + " is in the way of another");
  };
  name_bytes_ += name.size();
  const auto same = find(name);
  if (same && at(*same).is_dir != is_dir) return clashes();
  if (!is_dir && directories_.count(name) > 0) return clashes();
  for (auto above = is_dir ? name : parent_of(name); !above.empty(); above = parent_of(above)) {
    const auto found = find(above);
    if (found && !at(*found).is_dir) return clashes();
    if (!directories_.insert(above).second) break;
    name_bytes_ += above.size();
    if (directories_.size() > kMaxArchiveEntries) return too_many_entries();
  }
  if (name_bytes_ > kMaxNameBytes) return bad_file_request("too_many", "the archive's names are too long");
  return {};
}

void StagedEntries::add(std::size_t number, Entry entry) {
  number_of_[entry.name] = number;
  entries_[number] = std::move(entry);
}

std::optional<std::size_t> StagedEntries::find(const std::string& name) const {
  const auto found = number_of_.find(name);
  return found == number_of_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace wye::vm
