#pragma once

#include "net/exchange.h"
#include "vm/fs/multipart.h"

namespace wye::vm {

/// A request's multipart body, read from its client piece by piece.
class FormReader {
 public:
  static constexpr std::size_t kPiece = 256 * 1024;
  static constexpr std::size_t kMaxField = 8 * 1024;  ///< Of a part that is a text.

  /// 400 for a request that has no such body. `exchange` must outlive it.
  [[nodiscard]] static Result<FormReader> of(net::Exchange& exchange);

  /// Goes to the next part; false at the end of the form.
  net::Task<Result<bool>> next_part();
  [[nodiscard]] const std::string& name() const { return form_.name(); }
  /// Returns the next bytes of the part, "" at its end; valid until the next call.
  net::Task<Result<std::string_view>> read();
  /// Returns a whole part as a text; 400 beyond `kMaxField`.
  net::Task<Result<std::string>> read_text();

 private:
  FormReader(net::Exchange& exchange, Multipart form) : exchange_(&exchange), form_(std::move(form)) {}
  net::Task<Result<Multipart::Step>> step();

  net::Exchange* exchange_;
  Multipart form_;
  std::string piece_ = std::string(kPiece, '\0');
};

}  // namespace wye::vm
