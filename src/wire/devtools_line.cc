#include "wire/devtools_line.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace wye::wire {

namespace {

constexpr std::size_t kMaxReason = 123;            // of a close frame (RFC 6455 §5.5)
constexpr std::size_t kMostUnread = 4 * kMaxLine;  // nobody has more to say at once

std::vector<std::string_view> words_of(std::string_view line, std::size_t most) {
  std::vector<std::string_view> out;
  while (out.size() + 1 < most) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) break;
    out.push_back(line.substr(0, space));
    line.remove_prefix(space + 1);
  }
  out.push_back(line);
  return out;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool read_flag(std::string_view text, bool& out) {
  out = text == "1";
  return text == "0" || text == "1";
}

}  // namespace

std::string to_line(const LineToAgent& message) {
  switch (message.what) {
    case LineToAgent::What::ending:
      return "ending\n";
    case LineToAgent::What::lost:
      return std::string("lost ") + (message.may_move ? "1 " : "0 ") + (message.at_boundary ? "1\n" : "0\n");
    case LineToAgent::What::over:
      break;
  }
  return "over " + message.reason + " " + std::to_string(message.messages) + " " +
         std::to_string(message.lost) + "\n";
}

std::optional<LineToAgent> parse_line_to_agent(std::string_view line) {
  const auto words = words_of(line, 5);
  LineToAgent out;
  if (words.size() == 1 && words[0] == "ending") {
    out.what = LineToAgent::What::ending;
    return out;
  }
  if (words.size() == 3 && words[0] == "lost") {
    out.what = LineToAgent::What::lost;
    if (read_flag(words[1], out.may_move) && read_flag(words[2], out.at_boundary)) return out;
    return std::nullopt;
  }
  if (words.size() != 4 || words[0] != "over") return std::nullopt;
  out.reason = words[1];
  const bool numbers = read_number(words[2], out.messages) && read_number(words[3], out.lost);
  if (numbers && out.messages >= 0 && out.lost >= 0) return out;
  return std::nullopt;
}

std::string to_line(const LineToGateway& message) {
  switch (message.what) {
    case LineToGateway::What::moved:
      return "moved\n";
    case LineToGateway::What::gone:
      return "gone\n";
    case LineToGateway::What::commands:
      return message.on ? "commands 1\n" : "commands 0\n";
    case LineToGateway::What::cause:
      break;
  }
  return "cause " + std::to_string(message.code) + " " + message.reason + "\n";
}

std::optional<LineToGateway> parse_line_to_gateway(std::string_view line) {
  LineToGateway out;
  if (line == "moved") {
    out.what = LineToGateway::What::moved;
    return out;
  }
  if (line == "gone") {
    out.what = LineToGateway::What::gone;
    return out;
  }
  if (line == "commands 0" || line == "commands 1") {
    out.what = LineToGateway::What::commands;
    out.on = line.back() == '1';
    return out;
  }
  const auto words = words_of(line, 3);
  if (words.size() != 3 || words[0] != "cause" || !read_number(words[1], out.code)) return std::nullopt;
  out.reason = words[2];
  const bool sound = out.code >= 1000 && out.code <= 1015 && out.reason.size() <= kMaxReason;
  if (!sound || !is_printable(out.reason)) return std::nullopt;
  return out;
}

bool LineReader::feed(std::string_view bytes) {
  if (text_.size() + bytes.size() > kMostUnread) return false;
  text_ += bytes;
  const auto last = text_.rfind('\n');
  const auto begun = last == std::string::npos ? text_.size() : text_.size() - last - 1;
  return begun < kMaxLine;
}

std::optional<std::string> LineReader::next() {
  const auto end = text_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  auto line = text_.substr(0, end);
  text_.erase(0, end + 1);
  return line;
}

}  // namespace wye::wire
