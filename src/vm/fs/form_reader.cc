#include "vm/fs/form_reader.h"

#include "base/try.h"
#include "vm/fs/file_error.h"

namespace wye::vm {

Result<FormReader> FormReader::of(net::Exchange& exchange) {
  WYE_TRY(auto form, Multipart::of(exchange.head().headers.get("Content-Type")));
  return FormReader(exchange, std::move(form));
}

net::Task<Result<Multipart::Step>> FormReader::step() {
  for (;;) {
    WYE_CO_TRY(const auto step, form_.next());
    if (step != Multipart::Step::more) co_return step;
    WYE_CO_TRY(const auto got, co_await exchange_->read_some(std::span<char>(piece_.data(), piece_.size())));
    if (got == 0) co_return Multipart::cut_short();
    form_.feed(std::string_view(piece_).substr(0, got));
  }
}

net::Task<Result<bool>> FormReader::next_part() {
  for (;;) {
    WYE_CO_TRY(const auto now, co_await step());
    if (now == Multipart::Step::end) co_return false;
    if (now == Multipart::Step::part) co_return true;
  }
}

net::Task<Result<std::string_view>> FormReader::read() {
  WYE_CO_TRY(const auto now, co_await step());
  co_return now == Multipart::Step::data ? form_.bytes() : std::string_view();
}

net::Task<Result<std::string>> FormReader::read_text() {
  std::string text;
  for (;;) {
    WYE_CO_TRY(const auto bytes, co_await read());
    if (bytes.empty()) co_return text;
    if (text.size() + bytes.size() > kMaxField) co_return invalid_input(name() + " is too long");
    text += bytes;
  }
}

}  // namespace wye::vm
