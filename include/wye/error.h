#pragma once

#include <boost/assert/source_location.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wye {

/// What went wrong, by what the caller can do next. In brackets: the HTTP statuses of each kind.
enum class ErrorKind {
  invalid,       ///< The request is wrong and stays wrong until it is changed. (400, 405, 413 and other 4xx)
  unauthorized,  ///< The credential is missing or not accepted. (401)
  denied,        ///< The credential is accepted, but may not do this. (403)
  not_found,     ///< There is no such object, or no longer. (404)
  conflict,      ///< The object's present state forbids it. (409)
  overloaded,    ///< Wait, then try again. (429, 529)
  disconnected,  ///< The other side was not reached or went away: try again. (502, 503; connection errors)
  timed_out,     ///< The deadline passed. (408, 504; the caller's own deadline)
  cancelled,     ///< The caller asked to stop.
  unsupported,   ///< This build or deployment cannot do it. (501)
  internal,      ///< A defect, here or there. (500 and any other status)
};

/// Returns the kind's name for output, e.g. "not_found".
[[nodiscard]] std::string_view to_string(ErrorKind kind);

/// A failure as a value. Never holds an API key or a JWT.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string code;     ///< A stable word for programs: the API's `code`, or libwye's own ("connect_failed").
  std::string message;  ///< One sentence for people, with the next step where there is one.
  int status = 0;       ///< The HTTP status when an answer was the cause, otherwise 0.
  std::string request_id;  ///< The server's `X-Request-Id`, if it sent one.

  friend bool operator==(const Error&, const Error&) = default;
};

/// Thrown by `Result<T>::value()`. Each kind has a derived type, so that `catch (const wye::NotFoundError&)`
/// works.
class Exception : public std::runtime_error {
 public:
  explicit Exception(Error error);
  [[nodiscard]] const Error& error() const noexcept { return error_; }  ///< The failure as a value.

 private:
  Error error_;
};

/// One class for each kind of failure, so that a `catch` can name it.
template <ErrorKind kKind>
class KindException : public Exception {
 public:
  using Exception::Exception;
};
using InvalidError = KindException<ErrorKind::invalid>;            ///< Change the request.
using UnauthorizedError = KindException<ErrorKind::unauthorized>;  ///< Change the key.
using DeniedError = KindException<ErrorKind::denied>;              ///< The key may not do this.
using NotFoundError = KindException<ErrorKind::not_found>;         ///< There is no such object.
using ConflictError = KindException<ErrorKind::conflict>;          ///< Another state is in the way.
using OverloadedError = KindException<ErrorKind::overloaded>;      ///< Wait, then try again.
using DisconnectedError = KindException<ErrorKind::disconnected>;  ///< Try again.
using TimedOutError = KindException<ErrorKind::timed_out>;         ///< The deadline has passed.
using CancelledError = KindException<ErrorKind::cancelled>;        ///< The caller stopped it.
using UnsupportedError = KindException<ErrorKind::unsupported>;    ///< This server cannot do it.
using InternalError = KindException<ErrorKind::internal>;          ///< A defect, here or there.

/// Called by `Result<T>::value()` when it holds an error.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace wye
