#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/describe.h"
#include "wye/http.h"

namespace wye::sdk {

/// Reads a stream to its end; `overloaded` (`answer_too_large`) beyond `limit`.
[[nodiscard]] Result<std::string> read_whole(ResponseStream& stream, std::size_t limit);

/// Returns the error that a non-2xx answer means. Its text is the server's, redacted, and without the given
/// secret.
[[nodiscard]] Error error_of_answer(int status, const HeaderFields& headers, std::string_view body,
                                    std::string_view secret);

/// Returns the error for a 2xx body that is not what the API promises.
[[nodiscard]] Error bad_answer(const Response& answer, const Error& why);

template <class T>
[[nodiscard]] Result<Reached<T>> decode(Result<Response> answer) {
  if (!answer) return answer.error();
  auto value = wire::from_text<T>(answer->body);
  if (!value) return bad_answer(*answer, value.error());
  return Reached<T>(std::move(*value), answer->route);
}

}  // namespace wye::sdk
