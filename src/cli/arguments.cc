#include "cli/arguments.h"

#include <algorithm>

namespace wye::cli {

std::optional<std::string> Arguments::get(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::nullopt : std::optional<std::string>(found->second.back());
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::vector<std::string>() : found->second;
}

Result<Arguments> parse_arguments(const std::vector<Option>& options, const std::vector<std::string>& words) {
  const auto usage = [](std::string message) {
    return Error{.kind = ErrorKind::invalid, .code = "usage", .message = std::move(message)};
  };
  Arguments out;
  bool only_words = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (only_words || word.size() < 2 || word[0] != '-') {
      out.words.push_back(word);
      continue;
    }
    if (word == "--") {
      only_words = true;
      continue;
    }
    const bool is_long = word.starts_with("--");
    const auto equals = is_long ? word.find('=') : std::string::npos;
    const auto name =
        is_long ? word.substr(2, equals == std::string::npos ? equals : equals - 2) : word.substr(1);
    const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) {
      return is_long ? option.name == name : name.size() == 1 && option.letter == name[0];
    });
    if (found == options.end()) return usage("unknown option " + word.substr(0, equals));
    if (out.has(found->name) && !found->many) return usage("--" + found->name + " is given twice");
    if (found->value.empty()) {
      if (equals != std::string::npos) return usage("--" + found->name + " takes no value");
      out.options[found->name].emplace_back();
    } else if (equals != std::string::npos) {
      out.options[found->name].push_back(word.substr(equals + 1));
    } else {
      if (i + 1 == words.size()) return usage("--" + found->name + " needs a value: " + found->value);
      out.options[found->name].push_back(words[++i]);
    }
  }
  return out;
}

}  // namespace wye::cli
