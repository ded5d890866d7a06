#include "cli/report/event_source.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/try.h"
#include "wire/describe.h"

namespace wye::cli {
namespace {

struct Line {
  std::string text;
  bool too_long = false, end = false;
};

// Reads the next line; holds at most `kMaxEventLine` bytes of it.
Line next_line(std::FILE* in) {
  Line line;
  for (int c = std::getc(in); c != '\n'; c = std::getc(in)) {
    if (c == EOF) {
      line.end = true;
      break;
    }
    if (line.text.size() < kMaxEventLine)
      line.text += static_cast<char>(c);
    else
      line.too_long = true;
  }
  return line;
}

Result<TelemetryEnvelope> read_envelope(const Line& line) {
  const auto wrong = [](std::string message) {
    return Error{.kind = ErrorKind::invalid, .code = "bad_line", .message = std::move(message)};
  };
  if (line.too_long) return wrong("longer than 8 MiB");
  auto envelope = wire::from_text<TelemetryEnvelope>(line.text);
  if (!envelope) return wrong(envelope.error().message);
  if (envelope->seq < 1 || envelope->event.type.empty()) return wrong("no seq or no event.type");
  return envelope;
}

}  // namespace

Result<void> read_session(const Client& client, const std::string& session_id, const EventsQuery& query,
                          const EventTaker& take) {
  auto newest = client.telemetry().events(session_id, {.limit = 1, .order = EventOrder::desc});
  const auto last = newest.next();
  if (!last) return {};
  if (!last->result()) return last->result().error();
  const auto end = last->value().seq;
  auto pages = client.telemetry().events(session_id, query);
  for (auto& item : pages) {
    if (!item.result()) return item.result().error();
    if (item.value().seq > end) break;
    WYE_TRY(const bool more, take(item.value()));
    if (!more) break;
  }
  return {};
}

Result<FileReading> read_file(const std::string& path, const EventTaker& take) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
      path == "-" ? nullptr : std::fopen(path.c_str(), "rbe"),
      [](std::FILE* file) { return file == nullptr ? 0 : std::fclose(file); });
  auto* in = path == "-" ? stdin : opened.get();
  if (in == nullptr)
    return Error{
        .kind = ErrorKind::invalid, .code = "cannot_read", .message = path + ": " + std::strerror(errno)};
  FileReading reading;
  std::int64_t last = 0;
  for (std::size_t number = 1;; ++number) {
    const auto line = next_line(in);
    if (!line.text.empty()) {
      auto envelope = read_envelope(line);
      if (!envelope) {
        if (reading.damaged_lines++ == 0) {
          reading.first_damaged = number;
          reading.why = envelope.error().message;
        }
      } else if (envelope->seq <= last) {
        return Error{.kind = ErrorKind::invalid,
                     .code = "not_in_order",
                     .message = path + ", line " + std::to_string(number) + ": seq " +
                                std::to_string(envelope->seq) + " comes after " + std::to_string(last) +
                                "; events of one session, oldest first (sort by seq, drop repeated lines)"};
      } else {
        last = envelope->seq;
        WYE_TRY(const bool more, take(std::move(*envelope)));
        if (!more) break;
      }
    }
    if (line.end) break;
  }
  if (std::ferror(in) != 0)
    return Error{
        .kind = ErrorKind::invalid, .code = "cannot_read", .message = path + ": " + std::strerror(errno)};
  return reading;
}

}  // namespace wye::cli
