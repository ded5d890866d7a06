#include "vm/fs/read_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/try.h"
#include "vm/fs/byte_range.h"
#include "vm/fs/file_error.h"
#include "vm/fs/vm_path.h"

namespace wye::vm {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

struct OpenFile {
  std::shared_ptr<UniqueFd> file;  // shared with the thread that reads it
  std::uint64_t size = 0;
  std::string tag;
  bool in_memory = false;  ///< Reading it never waits for a disk.
};

std::string tag_of(const struct stat& status) {
  return '"' + std::to_string(status.st_ino) + '-' + std::to_string(status.st_size) + '-' +
         std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec) + '"';
}

Result<OpenFile> open_file(const VmPath& path) {
  WYE_TRY(const auto at, open_path(path, O_PATH));
  WYE_TRY(auto file, open_to_read(at, path));
  struct stat status {};
  struct statfs system {};
  if (::fstat(file.get(), &status) != 0 || ::fstatfs(file.get(), &system) != 0)
    return file_error(errno, path.text());
  return OpenFile{.file = std::make_shared<UniqueFd>(std::move(file)),
                  .size = static_cast<std::uint64_t>(status.st_size),
                  .tag = tag_of(status),
                  .in_memory = system.f_type == TMPFS_MAGIC};
}

RangeAsked range_of(const net::RequestHead& head, const OpenFile& file) {
  const auto if_range = head.headers.get("If-Range");
  if (!if_range.empty() && if_range != file.tag) return {};
  return read_range(head.headers.get("Range"), file.size);
}

net::Response not_satisfiable(const OpenFile& file) {
  auto answer = net::error_response({.kind = ErrorKind::invalid,
                                     .code = "range_not_satisfiable",
                                     .message = "the file has " + std::to_string(file.size) + " bytes",
                                     .status = 416});
  answer.headers.add("Content-Range", "bytes */" + std::to_string(file.size));
  return answer;
}

net::Headers headers_of(const OpenFile& file, const ByteRange& part, bool partial) {
  net::Headers headers{{"Content-Type", "application/octet-stream"},
                       {"Content-Length", std::to_string(part.length)},
                       {"Accept-Ranges", "bytes"},
                       {"ETag", file.tag}};
  if (partial)
    headers.add("Content-Range", "bytes " + std::to_string(part.first) + '-' +
                                     std::to_string(part.first + part.length - 1) + '/' +
                                     std::to_string(file.size));
  return headers;
}

Result<std::size_t> read_at(int file, std::string& piece, std::size_t most, std::uint64_t at) {
  for (;;) {
    const auto got = ::pread(file, piece.data(), std::min(most, piece.size()), static_cast<off_t>(at));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return file_error(errno, "the file");
  }
}

net::Task<> send_part(FileThreads& threads, net::Exchange& exchange, const OpenFile& file, ByteRange part) {
  auto piece = std::make_shared<std::string>(std::min<std::uint64_t>(kPiece, part.length), '\0');
  while (part.length > 0) {
    std::function<Result<std::size_t>()> next = [descriptor = file.file, piece, part] {
      return read_at(descriptor->get(), *piece, part.length, part.first);
    };
    Result<std::size_t> got = std::size_t{0};
    if (file.in_memory)
      got = next();
    else
      got = co_await threads.run(std::move(next));
    if (!got || *got == 0) co_return exchange.abort();
    const auto sent = co_await exchange.write(std::string_view(piece->data(), *got));
    if (!sent) co_return;
    part.first += *got;
    part.length -= *got;
  }
  co_await exchange.finish();
}

}  // namespace

net::Task<> read_file(FileThreads& threads, net::Exchange& exchange) {
  const auto path = VmPath::parse(net::query_value(exchange.head().query(), "path"));
  std::function<Result<OpenFile>()> open = [path]() -> Result<OpenFile> {
    if (!path) return path.error();
    return open_file(*path);
  };
  const auto file = co_await threads.run(std::move(open));
  if (!file) {
    auto refusal = net::error_response(file.error());
    co_await exchange.respond(std::move(refusal));
    co_return;
  }
  const auto asked = range_of(exchange.head(), *file);
  if (asked.kind == RangeAsked::Kind::unsatisfiable) {
    auto refusal = not_satisfiable(*file);
    co_await exchange.respond(std::move(refusal));
    co_return;
  }
  const bool partial = asked.kind == RangeAsked::Kind::part;
  const ByteRange part = partial ? asked.part : ByteRange{0, file->size};
  auto headers = headers_of(*file, part, partial);
  const auto started = co_await exchange.start(partial ? 206 : 200, std::move(headers));
  if (started) co_await send_part(threads, exchange, *file, part);
}

}  // namespace wye::vm
