#include "vm/logs/log_streams.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <utility>

#include "base/encoding.h"
#include "base/timestamp.h"
#include "base/try.h"

namespace wye::vm {

using std::chrono::steady_clock;

namespace {

constexpr auto kKeepalive = std::chrono::seconds(15);
constexpr auto kLookAgain = std::chrono::milliseconds(100);  // at a file; a stat and a read
constexpr std::size_t kPiece = 64 * 1024;

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

}  // namespace

Result<LogRequest> read_log_request(std::string_view query) {
  const auto source = net::query_value(query, "source"), follow = net::query_value(query, "follow");
  LogRequest out{.path = net::query_value(query, "path"),
                 .service = net::query_value(query, "supervisor_process")};
  if (!follow.empty() && follow != "true" && follow != "false") return bad("follow must be true or false");
  out.follow = follow != "false";
  if (source == "path") {
    if (out.path.empty()) return bad("path is required when source is path");
    out.service.clear();
  } else if (source == "supervisor") {
    if (out.service.empty()) return bad("supervisor_process is required when source is supervisor");
    out.path.clear();
  } else {
    return bad("source must be path or supervisor");
  }
  return out;
}

std::string log_frame(std::string_view line, std::int64_t at) {
  const boost::json::object event{
      {"event", "log"}, {"message", utf8_decode(line)}, {"timestamp", rfc3339(at)}};
  return "data: " + boost::json::serialize(event) + "\n\n";
}

LogStreams::LogStreams(boost::asio::io_context& io, const Clock& clock, ServiceLogs& logs, FileThreads& files)
    : clock_(clock), logs_(logs), files_(files), changed_(io) {
  for (auto& [name, log] : logs_) log.on_lines([this] { changed_.notify(); });
}

LogStreams::~LogStreams() {
  for (auto& [name, log] : logs_) log.on_lines(nullptr);
}

net::Task<bool> LogStreams::write(Stream& stream, std::string frames) {
  if (frames.empty()) co_return true;
  const auto written = co_await stream.exchange.write(frames);
  stream.written = steady_clock::now();
  co_return written.has_value();
}

// Waits for more, and keeps the connection alive; false when the stream is over.
net::Task<bool> LogStreams::wait(Stream& stream, steady_clock::duration most) {
  const auto until = std::min(steady_clock::now() + most, stream.written + kKeepalive);
  co_await changed_.wait(until);
  if (stream.client_gone || ended_) co_return false;
  if (steady_clock::now() < stream.written + kKeepalive) co_return true;
  co_return co_await write(stream, ":\n\n");
}

net::Task<> LogStreams::stream_file(Stream& stream, std::shared_ptr<LogFile> file) {
  LineSplitter splitter;
  std::string frames;
  const LineSplitter::Take take = [&](std::string line) { frames += log_frame(line, clock_.unix_micros()); };
  // A file that grows as fast as it is read has an end, too, when nobody follows it.
  for (std::size_t left = file->size_at_open(); stream.follow || left > 0;) {
    const auto most = stream.follow ? kPiece : std::min(kPiece, left);
    std::function<Result<std::string>()> read = [file, most]() -> Result<std::string> {
      return file->read(most);
    };
    const auto read_now = co_await files_.run(std::move(read));
    if (!read_now) break;
    const auto& bytes = *read_now;
    left -= std::min(left, bytes.size());
    splitter.add(bytes, take);
    const bool sent = co_await write(stream, std::exchange(frames, {}));
    if (!sent) co_return;
    if (!bytes.empty()) continue;
    if (!stream.follow) break;
    const bool goes_on = co_await wait(stream, kLookAgain);
    if (!goes_on) break;
  }
  splitter.finish(take);
  co_await write(stream, std::move(frames));
}

net::Task<> LogStreams::stream_service(Stream& stream, const ServiceLog& log) {
  auto at = stream.follow ? log.last() : 0;
  for (const auto end = log.last();;) {
    std::string frames;
    for (const auto* line = log.after(at); line != nullptr && frames.size() < kPiece; line = log.after(at)) {
      if (!stream.follow && line->number > end) break;
      frames += log_frame(line->text, line->at);
      at = line->number;
    }
    const bool is_more = !frames.empty();
    const bool sent = co_await write(stream, std::move(frames));
    if (!sent) co_return;
    if (is_more) continue;
    if (!stream.follow) co_return;
    const bool goes_on = co_await wait(stream, kKeepalive);
    if (!goes_on) co_return;
  }
}

// Streams what the request names, or says why not.
net::Task<Result<void>> LogStreams::open(Stream& stream) {
  const auto request = read_log_request(stream.exchange.head().query());
  if (!request) co_return request.error();
  if (open_ >= kMost)
    co_return Error{.kind = ErrorKind::overloaded,
                    .code = "rate_limited",
                    .message = "too many streams of logs are open; close one",
                    .status = 429};
  stream.follow = request->follow;
  const auto service = logs_.find(request->service);
  if (request->path.empty() && service == logs_.end())
    co_return Error{.kind = ErrorKind::not_found,
                    .code = "not_found",
                    .message = "there is no such service; there are agent and chromium"};
  // Counted before the first wait, so that many at once are not more than there may be.
  struct Counted {
    std::size_t& open;
    explicit Counted(std::size_t& all) : open(all) { ++open; }
    ~Counted() { --open; }
  } const counted(open_);
  std::shared_ptr<LogFile> file;  // shared with the thread that reads it
  if (!request->path.empty()) {
    std::function<Result<std::shared_ptr<LogFile>>()> find =
        [asked = *request]() -> Result<std::shared_ptr<LogFile>> {
      WYE_TRY(auto found, LogFile::open(asked.path, asked.follow));
      return std::make_shared<LogFile>(std::move(found));
    };
    WYE_CO_TRY(file, co_await files_.run(std::move(find)));
  }
  net::Headers headers{{"Content-Type", "text/event-stream"},
                       {"X-SSE-Content-Type", "application/json"},
                       {"Cache-Control", "no-cache"}};
  const auto started = co_await stream.exchange.start(200, std::move(headers));
  if (!started) co_return Result<void>();
  if (file)
    co_await stream_file(stream, std::move(file));
  else
    co_await stream_service(stream, service->second);
  co_await stream.exchange.finish();
  co_return Result<void>();
}

net::Task<> LogStreams::serve(net::Exchange& exchange) {
  Stream stream{.exchange = exchange, .written = steady_clock::now()};
  struct Watch {
    net::Exchange& of;
    ~Watch() { of.unwatch(); }
  } const watch{exchange};
  exchange.watch([this, &stream] {
    stream.client_gone = true;
    changed_.notify();
  });
  const auto done = co_await open(stream);
  if (done) co_return;
  auto refused = net::error_response(done.error());
  co_await exchange.respond(std::move(refused));
}

void LogStreams::end() {
  ended_ = true;
  changed_.notify();
}

}  // namespace wye::vm
