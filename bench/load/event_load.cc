#include "event_load.h"

#include <array>

namespace wye::load {
namespace {

std::int64_t unix_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string VmAddress::request(std::string_view method, std::string_view tail, std::string_view fields,
                               std::string_view body) const {
  std::string out;
  out.append(method).append(" ").append(path).append("/").append(tail);
  out.append(tail.find('?') == std::string_view::npos ? "?jwt=" : "&jwt=").append(jwt);
  out.append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(fields);
  if (!body.empty())
    out.append("Content-Type: application/json\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n");
  return out.append("\r\n").append(body);
}

VmAddress vm_address(const std::string& base_url, const std::string& cdp_ws_url) {
  VmAddress out;
  const auto host = base_url.find("://") + 3, slash = base_url.find('/', host);
  const auto colon = base_url.find(':', host);
  out.port = static_cast<std::uint16_t>(std::stoi(base_url.substr(colon + 1, slash - colon - 1)));
  out.path = base_url.substr(slash);
  out.jwt = cdp_ws_url.substr(cdp_ws_url.find("jwt=") + 4);
  return out;
}

EventSource::EventSource(VmAddress vm, double per_second, std::int64_t count)
    : vm_(std::move(vm)), per_second_(per_second), count_(count), thread_([this] { run(); }) {}

EventSource::~EventSource() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

std::int64_t EventSource::finish() {
  if (thread_.joinable()) thread_.join();
  return taken_;
}

void EventSource::run() {
  Loop loop;
  struct Poster {
    std::unique_ptr<Wire> wire;
    AnswerReader answers;
    bool busy = false, broken = false;
  };
  std::array<Poster, kConnections> posters;
  std::int64_t sent = 0, answered = 0;
  for (auto& poster : posters) {
    poster.wire = std::make_unique<Wire>(loop, vm_.port);
    poster.answers.on_head = [this](int status, const auto&) { taken_ += status == 200 ? 1 : 0; };
    poster.answers.on_done = [&] {
      poster.busy = false;
      ++answered;
    };
    poster.wire->on_bytes = [&](std::string_view bytes) { poster.broken = !poster.answers.feed(bytes); };
    poster.wire->on_end = [&] { poster.broken = true; };
  }
  const auto body =
      R"({"type":"load","category":"control","data":{"filler":")" + std::string(100, 'x') + "\"}}";
  const auto request = vm_.request("POST", "telemetry/events", {}, body);
  const auto begin = Clock::now();
  const auto due = [&] {
    const auto passed = std::chrono::duration<double>(Clock::now() - begin).count();
    return std::min(count_, static_cast<std::int64_t>(passed * per_second_) + 1);
  };
  const auto post_what_is_due = [&] {
    for (auto& poster : posters) {
      if (sent >= due()) return;
      if (poster.busy || poster.broken) continue;
      poster.busy = true;
      ++sent;
      poster.wire->send(request);
    }
  };
  const auto over = [&] {
    post_what_is_due();
    if (sent < count_) {
      const auto next = begin + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(static_cast<double>(sent) / per_second_));
      loop.at(std::max(next, Clock::now() + std::chrono::microseconds(500)), [] {});
    }
    bool all_broken = true;
    for (const auto& poster : posters) all_broken = all_broken && poster.broken;
    return stop_ || all_broken || answered == count_;
  };
  const auto limit = std::chrono::duration<double>(static_cast<double>(count_) / per_second_ * 3 + 30);
  loop.run_until(over, begin + std::chrono::duration_cast<Clock::duration>(limit));
}

Subscriber::Subscriber(Loop& loop, const VmAddress& vm, std::vector<double>* sample,
                       const WireOptions& options)
    : wire_(loop, vm.port, options), sample_(sample) {
  answers_.on_head = [this](int status, const auto&) { status_ = status; };
  answers_.on_body = [this](std::string_view payload) { events_.feed(payload); };
  answers_.on_done = [this] { ended_ = true; };
  if (sample != nullptr)
    events_.on_event = [this](std::int64_t, std::string_view json) {
      const auto behind = unix_micros() - number_in(json, "\"ts\":");
      sample_->push_back(static_cast<double>(behind) / 1000);
    };
  wire_.on_bytes = [this](std::string_view bytes) {
    if (!answers_.feed(bytes)) wire_.close();
  };
  wire_.on_end = [this] { ended_ = true; };
  wire_.send(vm.request("GET", "telemetry/stream", "Accept: text/event-stream\r\n"));
}

}  // namespace wye::load
