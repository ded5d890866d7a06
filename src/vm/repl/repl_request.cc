#include "vm/repl/repl_request.h"

#include <boost/describe/class.hpp>
#include <optional>

#include "base/try.h"
#include "wire/json_codec.h"

namespace wye::vm {
namespace {

constexpr std::int64_t kLongestTimeout = 300;

struct Body {
  std::string code;
  std::optional<std::int64_t> timeout_sec;
  std::optional<bool> reset;
};
BOOST_DESCRIBE_STRUCT(Body, (), (code, timeout_sec, reset))

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

}  // namespace

Result<ReplRequest> read_repl_request(std::string_view body) {
  WYE_TRY(const auto json, wire::parse_json(body.empty() ? "{}" : body));
  Body read;
  WYE_CHECK(wire::from_json(json, read));
  for (const auto& field : json.get_object())
    if (field.key() != "code" && field.key() != "timeout_sec" && field.key() != "reset")
      return bad("there is no field " + std::string(field.key()));
  ReplRequest out{.code = std::move(read.code), .reset = read.reset.value_or(false)};
  if (out.code.empty() && !out.reset) return bad("code is required unless reset is true");
  const auto timeout = read.timeout_sec.value_or(out.timeout.count());
  if (timeout < 1 || timeout > kLongestTimeout) return bad("timeout_sec must be from 1 to 300");
  out.timeout = std::chrono::seconds(timeout);
  return out;
}

}  // namespace wye::vm
