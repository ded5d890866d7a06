#include "vm/process/stdout_stream.h"

#include "base/encoding.h"

namespace wye::vm {

using std::chrono::steady_clock;

namespace {

constexpr auto kKeepalive = std::chrono::seconds(15);
constexpr std::size_t kMostAtOnce = 64 * 1024;

// Returns frames from the reader's place on, and moves it; "" when there is nothing.
std::string next_frames(Process& process, Process::Reader& reader) {
  std::string out;
  auto at = reader.at;
  if (const auto oldest = process.ring().begin(); at < oldest) {
    out = ": dropped " + std::to_string(oldest - at) + "\n\n";
    at = oldest;
  }
  while (out.size() < kMostAtOnce) {
    const auto piece = process.ring().at(at);
    if (piece.bytes.empty()) break;
    out += piece.stream == OutputStream::output ? R"(data: {"stream":"stdout","data_b64":")"
                                                : R"(data: {"stream":"stderr","data_b64":")";
    out += base64(piece.bytes) + "\"}\n\n";
    at += piece.bytes.size();
  }
  if (at != reader.at) process.move(reader, at);
  return out;
}

std::string exit_frame(int code) {
  return R"(data: {"event":"exit","exit_code":)" + std::to_string(code) + "}\n\n";
}

}  // namespace

net::Task<> stream_output(std::shared_ptr<Process> process, net::Exchange& exchange) {
  net::Headers headers{{"Content-Type", "text/event-stream"},
                       {"X-SSE-Content-Type", "application/json"},
                       {"Cache-Control", "no-cache"}};
  const auto started = co_await exchange.start(200, std::move(headers));
  if (!started) co_return;
  const auto reader = process->add_reader();
  reader->at = 0;  // what was dropped before is told, too
  bool gone = false;
  exchange.watch([&gone, process] {
    gone = true;
    process->changed().notify();
  });
  auto written = steady_clock::now();
  while (!gone) {
    auto text = next_frames(*process, *reader);
    const auto code = text.empty() ? process->exit_code() : std::nullopt;
    if (code) text = exit_frame(*code);
    if (text.empty()) {
      const bool woken = co_await process->changed().wait(written + kKeepalive);
      if (woken) continue;
      text = ":\n\n";
    }
    const auto sent = co_await exchange.write(text);
    if (!sent) break;
    written = steady_clock::now();
    if (code) {
      co_await exchange.finish();
      break;
    }
  }
  exchange.unwatch();
}

}  // namespace wye::vm
