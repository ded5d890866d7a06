#include "vm/fs/upload_fields.h"

#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

struct Parsed {
  std::string number;  // "" = by order
  std::string_view last;
};

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

std::string take_number(std::string_view& text) {
  constexpr std::size_t kMostDigits = 6;
  const auto size = std::min(text.find_first_not_of("0123456789"), text.size());
  if (size == 0 || size > kMostDigits) return {};
  auto number = std::to_string(std::stoul(std::string(text.substr(0, size))));  // 007 is 7
  text.remove_prefix(size);
  return number;
}

std::optional<Parsed> parsed(std::string_view name) {
  if (name == "file" || name == "dest_path") return Parsed{.last = name};
  if (!take(name, "files")) return std::nullopt;
  Parsed out;
  if (take(name, "[")) {
    out.number = take_number(name);
    if (!take(name, "]")) return std::nullopt;
  } else if (take(name, ".")) {
    out.number = take_number(name);
    if (out.number.empty()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (take(name, ".")) {
    out.last = name;
  } else if (name.starts_with('[') && name.ends_with(']')) {
    out.last = name.substr(1, name.size() - 2);
  }
  if (out.last != "file" && out.last != "dest_path") return std::nullopt;
  return out;
}

}  // namespace

Result<std::optional<UploadFields::Field>> UploadFields::add(std::string_view name) {
  const auto field = parsed(name);
  if (!field) return std::optional<Field>();
  const bool is_file = field->last == "file";
  const auto key = !field->number.empty()
                       ? field->number
                       : "#" + std::to_string(is_file ? files_in_order_++ : paths_in_order_++);
  const auto [entry, is_new] = item_of_.emplace(key, item_of_.size());
  if (is_new && item_of_.size() > kMaxFiles)
    return bad_file_request("too_many", "an upload has at most " + std::to_string(kMaxFiles) + " files");
  auto& seen = seen_[entry->second];
  auto& mine = is_file ? seen.file : seen.dest_path;
  if (mine) return bad_file_request("bad_request", "a field of the upload comes twice");
  mine = true;
  return std::optional(Field{is_file ? Which::file : Which::dest_path, entry->second});
}

Result<void> UploadFields::complete() const {
  if (seen_.empty()) return bad_file_request("bad_request", "the upload has no files");
  for (const auto& [item, seen] : seen_)
    if (!seen.file || !seen.dest_path)
      return bad_file_request("bad_request",
                              "each file of an upload needs a dest_path, and each dest_path a file");
  return {};
}

}  // namespace wye::vm
