#include "wye/error.h"

namespace wye {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::unauthorized:
      return "unauthorized";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::overloaded:
      return "overloaded";
    case ErrorKind::disconnected:
      return "disconnected";
    case ErrorKind::timed_out:
      return "timed_out";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

namespace {

std::string sentence(const Error& error) {
  return (error.code.empty() ? std::string(to_string(error.kind)) : error.code) + ": " + error.message;
}

}  // namespace

Exception::Exception(Error error) : std::runtime_error(sentence(error)), error_(std::move(error)) {}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  switch (error.kind) {
    case ErrorKind::invalid:
      throw InvalidError(error);
    case ErrorKind::unauthorized:
      throw UnauthorizedError(error);
    case ErrorKind::denied:
      throw DeniedError(error);
    case ErrorKind::not_found:
      throw NotFoundError(error);
    case ErrorKind::conflict:
      throw ConflictError(error);
    case ErrorKind::overloaded:
      throw OverloadedError(error);
    case ErrorKind::disconnected:
      throw DisconnectedError(error);
    case ErrorKind::timed_out:
      throw TimedOutError(error);
    case ErrorKind::cancelled:
      throw CancelledError(error);
    case ErrorKind::unsupported:
      throw UnsupportedError(error);
    case ErrorKind::internal:
      throw InternalError(error);
  }
  throw InternalError(error);
}

}  // namespace wye
