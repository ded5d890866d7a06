#include "wire/http_status.h"

namespace wye::wire {

int http_status(const Error& error) {
  if (error.status != 0) return error.status;
  switch (error.kind) {
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::unauthorized:
      return 401;
    case ErrorKind::denied:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::overloaded:
      return 429;
    case ErrorKind::disconnected:
      return 502;
    case ErrorKind::timed_out:
      return 504;
    case ErrorKind::cancelled:
      return 503;
    case ErrorKind::unsupported:
      return 403;  // `feature_unavailable`, wire-api §18
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

ErrorKind kind_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorKind::unauthorized;
    case 403:
      return ErrorKind::denied;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 408:
    case 504:
      return ErrorKind::timed_out;
    case 429:
    case 529:
      return ErrorKind::overloaded;
    case 501:
      return ErrorKind::unsupported;
    case 502:
    case 503:
      return ErrorKind::disconnected;
    default:
      return status >= 400 && status < 500 ? ErrorKind::invalid : ErrorKind::internal;
  }
}

}  // namespace wye::wire
