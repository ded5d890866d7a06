#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "wye/client.h"

namespace wye::cli {

/// Prints `code: message` and the next step on standard error; returns the exit code 1. `next` is for errors
/// whose next step depends on what was asked.
int fail(const Error& error, const char* next = nullptr);
/// The same, where ended browsers were looked for, too.
int fail_of_any_browser(const Error& error);
/// Usage errors: exit code 2.
int fail_usage(const std::string& message);

/// Colours only for people: a terminal, and no NO_COLOR.
[[nodiscard]] bool colours(int fd);
[[nodiscard]] std::string dim(std::string_view text, int fd = 1);
[[nodiscard]] std::string bold(std::string_view text, int fd = 1);
[[nodiscard]] std::string green(std::string_view text, int fd = 1);
[[nodiscard]] std::string red(std::string_view text, int fd = 1);
[[nodiscard]] std::string yellow(std::string_view text, int fd = 1);

/// Columns as wide as their widest cell; the first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// Options that every client command has: --base-url, --api-key, --ca-file, -o.
[[nodiscard]] std::vector<Option> with_client_options(std::vector<Option> more);
[[nodiscard]] Client make_client(const Arguments& arguments);
/// `-o json`. Anything but `json` and `table` is a usage error, told by `check_output`.
[[nodiscard]] bool wants_json(const Arguments& arguments);
[[nodiscard]] Result<void> check_output(const Arguments& arguments);

[[nodiscard]] Result<std::int64_t> to_integer(const std::string& text, const std::string& option);
/// "direct", or "control plane (browser_gone, fell back)".
[[nodiscard]] std::string describe(const RouteInfo& route);

}  // namespace wye::cli
