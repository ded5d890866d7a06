#include "vm/playwright/execute_request.h"

#include <algorithm>
#include <boost/describe/class.hpp>
#include <cctype>
#include <optional>

#include "base/try.h"
#include "wire/json_codec.h"

namespace wye::vm {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::int64_t kLongestTimeout = 300;

struct Body {
  std::string code;
  std::optional<std::int64_t> timeout_sec;
  std::optional<std::string> executor;
};
BOOST_DESCRIBE_STRUCT(Body, (), (code, timeout_sec, executor))

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

}  // namespace

bool is_executor_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

Result<ExecuteRequest> read_execute_request(std::string_view body) {
  WYE_TRY(auto read, wire::from_text<Body>(body.empty() ? "{}" : body));
  if (read.code.empty()) return bad("code is required");
  ExecuteRequest out{.code = std::move(read.code)};
  const auto timeout = read.timeout_sec.value_or(out.timeout.count());
  if (timeout < 1 || timeout > kLongestTimeout) return bad("timeout_sec must be from 1 to 300");
  out.timeout = std::chrono::seconds(timeout);
  out.executor = read.executor.value_or(out.executor);
  if (!is_executor_name(out.executor)) return bad("executor must be 1 to 64 letters, digits, _ or -");
  return out;
}

}  // namespace wye::vm
