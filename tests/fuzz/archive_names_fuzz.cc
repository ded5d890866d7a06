// Names in archives: what is accepted stays below its directory, by a reckoning of its own.
#include <string>
#include <vector>

#include "invariant.h"
#include "vm/fs/archive_names.h"

namespace wye::fuzz {
namespace {

std::vector<std::string> segments(const std::string& path) {
  std::vector<std::string> out(1);
  for (const char letter : path)
    if (letter == '/')
      out.emplace_back();
    else
      out.back() += letter;
  return out;
}

bool stays(const std::string& name, const std::string& target) {
  auto level = static_cast<long>(segments(name).size()) - 1;
  for (const auto& segment : segments(target)) {
    if (segment.empty() || segment == ".") continue;
    level += segment == ".." ? -1 : 1;
    if (level < 0) return false;
  }
  return true;
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  const auto strip = static_cast<std::size_t>(input.byte() % 4);
  const auto length = static_cast<std::size_t>(input.byte());
  const auto entry = input.rest().substr(0, length);
  const auto target = input.rest().substr(entry.size());
  const auto name = wye::vm::unpacked_name(entry, strip);
  if (!name || !*name) return 0;
  for (const auto& segment : segments(**name))
    WYE_INVARIANT(!segment.empty() && segment != "." && segment != ".." && segment.size() <= 255);
  WYE_INVARIANT((*name)->find('\0') == std::string::npos);
  // What is made is named once more by the same name.
  const auto again = wye::vm::unpacked_name(**name, 0);
  WYE_INVARIANT(again && *again == *name);
  if (!wye::vm::check_link(**name, target)) return 0;
  WYE_INVARIANT(!target.empty() && target.front() != '/');
  WYE_INVARIANT(stays(**name, std::string(target)));
  return 0;
}
