#include "sdk/answer.h"

#include <array>

#include "base/redact.h"
#include "base/try.h"
#include "wire/http_status.h"

namespace wye::sdk {
namespace {

constexpr std::size_t kMaxErrorText = 2048;

std::string without(std::string text, std::string_view secret) {
  if (secret.empty()) return text;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "[redacted]");
  return text;
}

}  // namespace

Result<std::string> read_whole(ResponseStream& stream, std::size_t limit) {
  std::string body;
  std::array<char, 32 * 1024> piece;
  for (;;) {
    WYE_TRY(const auto got, stream.read(piece));
    if (got == 0) return body;
    if (body.size() + got > limit)
      return Error{.kind = ErrorKind::overloaded,
                   .code = "answer_too_large",
                   .message = "the answer is larger than this call takes; use open()"};
    body.append(piece.data(), got);
  }
}

Error error_of_answer(int status, const HeaderFields& headers, std::string_view body,
                      std::string_view secret) {
  Error error{.kind = wire::kind_of_status(status),
              .status = status,
              .request_id = redact(without(std::string(header(headers, "X-Request-Id")), secret))};
  std::string message(body.substr(0, kMaxErrorText));
  if (auto parsed = wire::from_text<wire::ErrorBody>(body)) {
    error.code = parsed->code.substr(0, kMaxErrorText);
    if (!parsed->message.empty()) message = parsed->message.substr(0, kMaxErrorText);
  }
  if (error.code.empty()) error.code = "http_" + std::to_string(status);
  if (message.empty()) message = "status " + std::to_string(status);
  // Removes the secret first: redacting may cut the text by which it would be found.
  error.code = redact(without(std::move(error.code), secret));
  error.message = redact(without(std::move(message), secret));
  return error;
}

Error bad_answer(const Response& answer, const Error& why) {
  return {.kind = ErrorKind::internal,
          .code = "bad_answer",
          .message = "the server's answer is not what its API promises: " + why.message,
          .status = answer.status,
          .request_id = redact(header(answer.headers, "X-Request-Id"))};
}

}  // namespace wye::sdk
