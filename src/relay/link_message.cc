#include "relay/link_message.h"

#include <array>
#include <charconv>
#include <vector>

namespace wye::relay {

namespace {

using What = LinkMessage::What;
constexpr std::array<std::string_view, 6> kNames{"hello", "has", "ready", "open", "end", "over"};
constexpr std::size_t kMaxSession = 128;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto space = line.find(' ');
    out.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return out;
    line.remove_prefix(space + 1);
  }
}

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

// A head of one line, whose last two numbers say how long the two pieces behind it are.
std::string to_text(const LinkMessage& message) {
  std::string out(kNames[static_cast<std::size_t>(message.what)]);
  for (const auto number :
       {message.number, message.count, message.network, std::uint64_t{message.from_client.size()},
        std::uint64_t{message.from_devtools.size()}})
    out += " " + std::to_string(number);
  out += " " + message.session + "\n";
  return out + message.from_client + message.from_devtools;
}

std::optional<LinkMessage> parse_link_message(std::string_view text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto words = words_of(text.substr(0, end));
  text.remove_prefix(end + 1);
  if (words.size() != 7 || words[6].size() > kMaxSession) return std::nullopt;
  LinkMessage out;
  std::size_t name = 0;
  while (name < kNames.size() && kNames[name] != words[0]) ++name;
  if (name == kNames.size()) return std::nullopt;
  out.what = static_cast<What>(name);
  std::uint64_t client = 0, devtools = 0;
  const bool read = read_number(words[1], out.number) && read_number(words[2], out.count) &&
                    read_number(words[3], out.network) && read_number(words[4], client) &&
                    read_number(words[5], devtools);
  if (!read || client > text.size() || devtools != text.size() - client) return std::nullopt;
  out.session = words[6];
  out.from_client = text.substr(0, client);
  out.from_devtools = text.substr(client);
  return out;
}

}  // namespace wye::relay
