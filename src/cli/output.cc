#include "cli/output.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace wye::cli {
namespace {

std::string paint(std::string_view text, const char* code, int fd) {
  return colours(fd) ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
}

const char* hint(const Error& error) {
  if (error.code == "connect_failed")
    return "is the server running? `wye serve --data-dir data`, and KERNEL_BASE_URL set to what it prints";
  if (error.kind == ErrorKind::unauthorized) return "set KERNEL_API_KEY, or pass --api-key";
  if (error.code == "capacity_exhausted") return "`wye doctor` says what this machine lacks";
  return nullptr;
}

// Counts the terminal cells of a UTF-8 text; exact enough for names and URLs.
std::size_t width(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace

int fail(const Error& error, const char* next) {
  std::fprintf(stderr, "%s: %s\n",
               error.code.empty() ? std::string(to_string(error.kind)).c_str() : error.code.c_str(),
               error.message.c_str());
  if (next == nullptr) next = hint(error);
  if (next != nullptr) std::fprintf(stderr, "%s\n", dim(next, 2).c_str());
  return 1;
}

int fail_of_any_browser(const Error& error) {
  return fail(error, error.kind == ErrorKind::not_found
                         ? "a browser that has ended is found by its id only: its name is free again"
                         : nullptr);
}

int fail_usage(const std::string& message) {
  std::fprintf(stderr, "usage: %s\n", message.c_str());
  return 2;
}

bool colours(int fd) {
  const char* no = std::getenv("NO_COLOR");
  return ::isatty(fd) != 0 && (no == nullptr || *no == '\0');
}
std::string dim(std::string_view text, int fd) { return paint(text, "2", fd); }
std::string bold(std::string_view text, int fd) { return paint(text, "1", fd); }
std::string green(std::string_view text, int fd) { return paint(text, "32", fd); }
std::string red(std::string_view text, int fd) { return paint(text, "31", fd); }
std::string yellow(std::string_view text, int fd) { return paint(text, "33", fd); }

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      line += rows[r][i];
      if (i + 1 < rows[r].size()) line += std::string(widths[i] - width(rows[r][i]) + 2, ' ');
    }
    std::printf("%s\n", r == 0 ? dim(line).c_str() : line.c_str());
  }
}

std::vector<Option> with_client_options(std::vector<Option> more) {
  more.push_back(
      {"base-url", 0, "URL", "control plane (default: KERNEL_BASE_URL, else http://127.0.0.1:7711)"});
  more.push_back({"api-key", 0, "KEY", "API key (default: KERNEL_API_KEY)"});
  more.push_back(
      {"ca-file", 0, "FILE", "authorities in PEM to trust besides the system's (default: WYE_CA_FILE)"});
  more.push_back({"proxy", 0, "URL",
                  "a proxy, or \"\" for none (default: http_proxy and its like; never for loopback)"});
  more.push_back({"output", 'o', "json|table", "json prints the API's JSON and nothing else"});
  return more;
}

Client make_client(const Arguments& arguments) {
  return Client({.api_key = arguments.get("api-key"),
                 .base_url = arguments.get("base-url"),
                 .ca_file = arguments.get("ca-file"),
                 .proxy = arguments.get("proxy")});
}

bool wants_json(const Arguments& arguments) { return arguments.get("output") == "json"; }

Result<void> check_output(const Arguments& arguments) {
  const auto output = arguments.get("output");
  if (!output || *output == "json" || *output == "table") return {};
  return Error{.kind = ErrorKind::invalid, .code = "usage", .message = "-o takes json or table"};
}

Result<std::int64_t> to_integer(const std::string& text, const std::string& option) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Error{.kind = ErrorKind::invalid, .code = "usage", .message = "--" + option + " takes an integer"};
  return value;
}

std::string describe(const RouteInfo& route) {
  if (route.via != Via::control_plane) return std::string(to_string(route.via));
  return "control plane (" + std::string(to_string(route.reason)) + (route.fell_back ? ", fell back)" : ")");
}

}  // namespace wye::cli
