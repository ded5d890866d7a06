#include "caller.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace wye::load {

Caller::Caller(Loop& loop, std::uint16_t port, const WireOptions& options)
    : loop_(loop), port_(port), options_(options) {
  answers_.on_head = [this](int status, const net::HeadView& head) {
    reply_.status = status;
    for (const auto& field : head.fields())
      if (field.name == "Retry-After") reply_.retry_after = field.value;
  };
  answers_.on_body = [this](std::string_view payload) {
    reply_.body.append(payload.substr(0, kKeptBytes - std::min(kKeptBytes, reply_.body.size())));
  };
  answers_.on_done = [this] { finish(); };
  connect();
}

void Caller::connect() {
  ended_ = std::move(wire_);
  wire_ = std::make_unique<Wire>(loop_, port_, options_);
  wire_->on_bytes = [this](std::string_view bytes) {
    if (!answers_.feed(bytes)) wire_->close();
  };
  wire_->on_end = [this] {
    if (busy_) finish();
  };
}

void Caller::ask(std::string request) {
  if (!wire_->is_open()) connect();
  busy_ = true;
  reply_ = Reply();
  asked_ = Clock::now();
  wire_->send(request);
}

void Caller::finish() {
  busy_ = false;
  reply_.ms = std::chrono::duration<double, std::milli>(Clock::now() - asked_).count();
  if (on_reply) on_reply(std::move(reply_));
}

void Caller::close() {
  busy_ = false;
  wire_->close();
}

void Outcome::add(const Reply& reply) {
  const auto wait = std::atoi(reply.retry_after.c_str());
  if (reply.status >= 200 && reply.status < 300) {
    ++good;
    ms.push_back(reply.ms);
  } else if ((reply.status == 429 || reply.status == 503 || reply.status == 529) && wait >= 1 && wait <= 60) {
    ++overloaded;
  } else {
    if (bad++ == 0) first_bad = std::to_string(reply.status) + " " + reply.body.substr(0, 200);
  }
}

Outcome ask_all(Loop& loop, std::uint16_t port, const std::function<std::string(int)>& request,
                int connections, int times, Clock::time_point deadline) {
  Outcome outcome;
  int left = connections;
  std::vector<std::unique_ptr<Caller>> callers;
  std::vector<int> asked(static_cast<std::size_t>(connections), 0);
  for (int i = 0; i < connections; ++i) {
    auto& caller = *callers.emplace_back(std::make_unique<Caller>(loop, port));
    caller.on_reply = [&, i](const Reply& reply) {
      outcome.add(reply);
      if (++asked[static_cast<std::size_t>(i)] < times)
        callers[static_cast<std::size_t>(i)]->ask(request(i));
      else
        --left;
    };
  }
  for (int i = 0; i < connections; ++i) callers[static_cast<std::size_t>(i)]->ask(request(i));
  loop.run_until([&] { return left == 0; }, deadline);
  outcome.bad += left;
  if (left > 0 && outcome.first_bad.empty()) outcome.first_bad = "no answer in time";
  return outcome;
}

Reply ask_once(Loop& loop, std::uint16_t port, std::string request, Clock::duration within) {
  Caller caller(loop, port);
  std::optional<Reply> reply;
  caller.on_reply = [&](Reply got) { reply = std::move(got); };
  caller.ask(std::move(request));
  loop.run_until([&] { return reply.has_value(); }, Clock::now() + within);
  return reply.value_or(Reply());
}

std::string api_request(const std::string& method, const std::string& path, const std::string& api_key,
                        const std::string& body) {
  std::string out = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!api_key.empty()) out += "Authorization: Bearer " + api_key + "\r\n";
  if (!body.empty())
    out += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

}  // namespace wye::load
