#include "wire/json_codec.h"

#include <boost/json/kind.hpp>
#include <boost/json/parse.hpp>

namespace wye::wire {

Error wrong_type(std::string_view path, std::string_view wanted, const boost::json::value& got) {
  const auto kind = boost::json::to_string(got.kind());
  return {.kind = ErrorKind::invalid,
          .code = "bad_request",
          .message = std::string(path.empty() ? "body" : path.substr(0, 256)) + " must be " +
                     std::string(wanted) + ", not " + std::string(kind.data(), kind.size())};
}

Result<boost::json::value> parse_json(std::string_view text) {
  boost::system::error_code error;
  auto value = boost::json::parse({text.data(), text.size()}, error);  // strict, depth 32 by default
  if (error)
    return Error{
        .kind = ErrorKind::invalid, .code = "bad_request", .message = "body is not JSON: " + error.message()};
  return value;
}

}  // namespace wye::wire
