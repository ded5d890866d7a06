#include "cli/request_input.h"

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/try.h"
#include "cli/write_out.h"

namespace wye::cli {
namespace {

Error usage(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "usage", .message = std::move(message)};
}

}  // namespace

Result<std::string> read_data(const std::string& text) {
  if (!text.starts_with('@')) return text;
  if (text == "@-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(text.substr(1), std::ios::binary);
  std::string bytes;
  std::array<char, 64 * 1024> piece;
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0)
    bytes.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  // A directory can be opened; reading it fails.
  if (!in.is_open() || in.bad()) return usage("cannot read " + text.substr(1));
  return bytes;
}

Result<HeaderFields> read_header_options(const Arguments& arguments) {
  HeaderFields out;
  for (const auto& line : arguments.all("header")) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) return usage("-H takes 'Name: value'");
    const auto value = line.find_first_not_of(' ', colon + 1);
    out.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
  }
  return out;
}

Result<void> print_body(ResponseStream& answer) {
  std::array<char, 64 * 1024> piece;
  for (;;) {
    WYE_TRY(const auto got, answer.read(piece));
    if (got == 0) return {};
    WYE_CHECK(write_out({piece.data(), got}));
  }
}

}  // namespace wye::cli
