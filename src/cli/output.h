#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "wye/client.h"

namespace wye::cli {

/// Prints `code: message` and the next step on standard error; returns the exit code 1. `next` is the next
/// step when it depends on the command.
int fail(const Error& error, const char* next = nullptr);
/// Does the same for a command that also looks for ended browsers.
int fail_of_any_browser(const Error& error);
/// Prints a usage error; returns the exit code 2.
int fail_usage(const std::string& message);

/// Tells whether to use colours: standard output is a terminal and NO_COLOR is not set.
[[nodiscard]] bool colours(int fd);
[[nodiscard]] std::string dim(std::string_view text, int fd = 1);
[[nodiscard]] std::string bold(std::string_view text, int fd = 1);
[[nodiscard]] std::string green(std::string_view text, int fd = 1);
[[nodiscard]] std::string red(std::string_view text, int fd = 1);
[[nodiscard]] std::string yellow(std::string_view text, int fd = 1);

/// Prints columns as wide as their widest cell. The first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// Returns `more` and the options of every client command: --base-url, --api-key, --ca-file, -o.
[[nodiscard]] std::vector<Option> with_client_options(std::vector<Option> more);
[[nodiscard]] Client make_client(const Arguments& arguments);
/// Tells whether `-o json` was given. `check_output` reports values other than `json` and `table`.
[[nodiscard]] bool wants_json(const Arguments& arguments);
[[nodiscard]] Result<void> check_output(const Arguments& arguments);

[[nodiscard]] Result<std::int64_t> to_integer(const std::string& text, const std::string& option);
/// Describes a route: "direct", or "control plane (browser_gone, fell back)".
[[nodiscard]] std::string describe(const RouteInfo& route);

}  // namespace wye::cli
