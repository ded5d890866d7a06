#include "vm/fs/archive_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "base/try.h"
#include "net/socket.h"
#include "vm/fs/archive_child.h"
#include "vm/fs/file_error.h"
#include "vm/fs/form_reader.h"
#include "vm/fs/new_file.h"
#include "vm/fs/remove_tree.h"

namespace wye::vm {
namespace {

using Pipe = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

constexpr auto kNoProgress = std::chrono::seconds(60), kUnpacked = std::chrono::seconds(600);
constexpr std::size_t kPiece = 64 * 1024, kMaxStrip = 64;

// Ends the process when its time is over; a process of the VM may have stopped it where all have one user.
class Deadline {
 public:
  Deadline(boost::asio::io_context& io, std::shared_ptr<ArchiveChild> child)
      : timer_(io), child_(std::move(child)) {}
  void in(std::chrono::seconds time) {
    timer_.expires_after(time);
    timer_.async_wait([child = child_](const boost::system::error_code& error) {
      if (!error) child->kill();
    });
  }

 private:
  net::Timer timer_;
  std::shared_ptr<ArchiveChild> child_;  // shared with the wait, which may be due already
};

Result<int> level_of(std::string_view text) {
  if (text.empty() || text == "default") return 3;
  if (text == "fastest") return 1;
  if (text == "better") return 7;
  if (text == "best") return 15;
  return invalid_input("compression_level must be fastest, default, better or best");
}

Result<std::size_t> strip_of(const std::string& text) {
  if (text.empty()) return std::size_t{0};
  if (text.size() > 2 || text.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(text) > kMaxStrip)
    return invalid_input("strip_components must be a number up to 64");
  return std::size_t{std::stoul(text)};
}

// What a form with an archive holds.
struct ArchiveForm {
  std::shared_ptr<NewFile> archive;  // shared with the thread that opens it
  std::optional<VmPath> dest_path;
  std::size_t strip = 0;
};

net::Task<Result<ArchiveForm>> read_form(FileThreads& threads, VmPath home, net::Exchange& exchange,
                                         std::string_view archive_field) {
  WYE_CO_TRY(auto form, FormReader::of(exchange));
  ArchiveForm out;
  for (;;) {
    WYE_CO_TRY(const auto more, co_await form.next_part());
    if (!more) break;
    if (form.name() == archive_field) {
      if (out.archive) co_return invalid_input(form.name() + " comes twice");
      std::function<Result<std::shared_ptr<NewFile>>()> open = [home]() -> Result<std::shared_ptr<NewFile>> {
        WYE_TRY(auto file, NewFile::open_unplaced(home, 0600));
        return std::make_shared<NewFile>(std::move(file));
      };
      WYE_CO_TRY(out.archive, co_await threads.run(std::move(open)));
      for (;;) {
        WYE_CO_TRY(const auto bytes, co_await form.read());
        if (bytes.empty()) break;
        WYE_CO_CHECK(out.archive->write(bytes));
      }
    } else if (form.name() == "dest_path") {
      WYE_CO_TRY(const auto text, co_await form.read_text());
      WYE_CO_TRY(auto path, VmPath::parse(text, "dest_path"));
      out.dest_path.emplace(std::move(path));
    } else if (form.name() == "strip_components") {
      WYE_CO_TRY(const auto text, co_await form.read_text());
      WYE_CO_TRY(out.strip, strip_of(text));
    }
  }
  if (!out.archive) co_return invalid_input(std::string(archive_field) + " is required");
  if (!out.dest_path) co_return invalid_input("dest_path is required");
  co_return out;
}

// The directory that an archive is unpacked into, as far as it is there.
struct Destination {
  std::shared_ptr<UniqueFd> nearest, archive;  // shared: results are copied between threads
  std::vector<std::string> missing;
};

Result<Destination> destination_of(const VmPath& path, NewFile& archive) {
  Destination out;
  WYE_TRY(auto file, std::move(archive).take());
  out.archive = std::make_shared<UniqueFd>(std::move(file));
  if (auto there = open_path(path, O_PATH | O_DIRECTORY)) {
    out.nearest = std::make_shared<UniqueFd>(std::move(*there));
    return out;
  } else if (there.error().kind != ErrorKind::not_found) {
    return there.error();
  }
  WYE_TRY(auto place, new_place_of(path));
  out.nearest = std::make_shared<UniqueFd>(std::move(place.nearest));
  out.missing = std::move(place.missing);
  out.missing.push_back(std::move(place.name));
  return out;
}

net::Task<> refuse(net::Exchange& exchange, Error error) {
  auto refusal = net::error_response(error);
  co_await exchange.respond(std::move(refusal));
}

// Passes on what the process writes; false when it or the client stopped.
net::Task<bool> pass_on(net::Exchange& exchange, Pipe& from, Deadline& deadline) {
  std::string piece(kPiece, '\0');
  for (;;) {
    deadline.in(kNoProgress);
    const auto [error, got] = co_await from.async_read_some(boost::asio::buffer(piece), net::kAwait);
    if (error) co_return error == boost::asio::error::eof;
    // A client that does not read for long has a deadline of its own.
    deadline.in(2 * kNoProgress);
    const auto sent = co_await exchange.write(std::string_view(piece).substr(0, got));
    if (!sent) co_return false;
  }
}

}  // namespace

std::vector<std::string> ArchiveCalls::words(const char* what, ArchiveFormat format,
                                             std::size_t number) const {
  return {std::to_string(user.uid), std::to_string(user.gid), what,
          format == ArchiveFormat::zip ? "zip" : "zstd", std::to_string(number)};
}

net::Task<> ArchiveCalls::download(net::Exchange& exchange, ArchiveFormat format) {
  const auto query = exchange.head().query();
  const auto path = VmPath::parse(net::query_value(query, "path"));
  if (!path) co_return co_await refuse(exchange, path.error());
  const auto level = level_of(net::query_value(query, "compression_level"));
  if (!level) co_return co_await refuse(exchange, level.error());
  std::function<Result<std::shared_ptr<UniqueFd>>()> open =
      [path = *path]() -> Result<std::shared_ptr<UniqueFd>> {
    WYE_TRY(auto directory, open_path(path, O_RDONLY | O_DIRECTORY));
    return std::make_shared<UniqueFd>(std::move(directory));
  };
  const auto directory = co_await threads.run(std::move(open));
  if (!directory) co_return co_await refuse(exchange, directory.error());
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    co_return co_await refuse(exchange, file_error(errno, path->text()));
  Pipe from(io.get_executor(), pipe[0]);
  UniqueFd to(pipe[1]);
  auto started =
      ArchiveChild::start(io, words("pack", format, static_cast<std::size_t>(*level)), to, **directory);
  to.reset();
  if (!started) co_return co_await refuse(exchange, started.error());
  const std::shared_ptr<ArchiveChild> child = std::move(*started);
  Deadline deadline(io, child);
  deadline.in(kNoProgress);
  const auto ready = co_await child->ready();
  if (!ready) co_return co_await refuse(exchange, ready.error());
  net::Headers headers{
      {"Content-Type", format == ArchiveFormat::zip ? "application/zip" : "application/zstd"}};
  const auto answered = co_await exchange.start(200, std::move(headers));
  if (!answered) co_return;
  const bool passed = co_await pass_on(exchange, from, deadline);
  if (!passed) co_return exchange.abort();
  const auto done = co_await child->done();
  if (!done) co_return exchange.abort();
  co_await exchange.finish();
}

net::Task<Result<net::Response>> ArchiveCalls::upload(net::Exchange& exchange, ArchiveFormat format) {
  const auto* const field = format == ArchiveFormat::zip ? "zip_file" : "archive";
  WYE_CO_TRY(const auto form, co_await read_form(threads, home, exchange, field));
  std::function<Result<Destination>()> find = [form] {
    return destination_of(*form.dest_path, *form.archive);
  };
  WYE_CO_TRY(const auto destination, co_await threads.run(std::move(find)));
  const auto hidden = hidden_name();
  auto all = words("unpack", format, form.strip);
  all.push_back(hidden);
  all.insert(all.end(), destination.missing.begin(), destination.missing.end());
  WYE_CO_TRY(auto started,
             ArchiveChild::start(io, std::move(all), *destination.archive, *destination.nearest));
  const std::shared_ptr<ArchiveChild> child = std::move(started);
  Deadline deadline(io, child);
  deadline.in(kUnpacked);
  const auto done = co_await child->done();
  if (done) co_return net::Response{.status = 201, .headers = {}, .body = {}};
  // A process that was killed has left what is not in its place yet.
  child->end();
  std::function<Result<bool>()> clean = [hidden, directory = destination.nearest]() -> Result<bool> {
    (void)remove_tree(*directory, hidden);
    return true;
  };
  (void)co_await threads.run(std::move(clean));
  co_return done.error();
}

}  // namespace wye::vm
