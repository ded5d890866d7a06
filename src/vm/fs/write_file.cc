#include "vm/fs/write_file.h"

#include <charconv>

#include "base/try.h"
#include "vm/fs/new_file.h"

namespace wye::vm {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

struct Asked {
  VmPath path;
  mode_t mode;
};

Result<Asked> read_query(std::string_view query) {
  WYE_TRY(auto path, VmPath::parse(net::query_value(query, "path")));
  WYE_TRY(const auto mode, parse_mode(net::query_value(query, "mode"), 0644));
  return Asked{std::move(path), mode};
}

std::uint64_t length_said(const net::RequestHead& head) {
  const auto text = head.headers.get("Content-Length");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

}  // namespace

net::Task<Result<net::Response>> write_file(FileThreads& threads, net::Exchange& exchange) {
  const auto asked = read_query(exchange.head().query());
  if (!asked) co_return asked.error();
  using Shared = std::shared_ptr<NewFile>;  // shared with the thread that commits it
  std::function<Result<Shared>()> open = [asked = *asked,
                                          length = length_said(exchange.head())]() -> Result<Shared> {
    WYE_TRY(auto file, NewFile::open(asked.path, asked.mode));
    WYE_CHECK(file.expect(length));
    return std::make_shared<NewFile>(std::move(file));
  };
  WYE_CO_TRY(const auto file, co_await threads.run(std::move(open)));
  std::string piece(kPiece, '\0');
  for (;;) {
    WYE_CO_TRY(const auto got, co_await exchange.read_some(std::span<char>(piece.data(), piece.size())));
    if (got == 0) break;
    WYE_CO_CHECK(file->write(std::string_view(piece).substr(0, got)));
  }
  std::function<Result<bool>()> commit = [file]() -> Result<bool> {
    WYE_CHECK(file->commit());
    return true;
  };
  WYE_CO_TRY(const auto done [[maybe_unused]], co_await threads.run(std::move(commit)));
  co_return net::Response{.status = 201, .headers = {}, .body = {}};
}

}  // namespace wye::vm
