#include "workload.h"

#include <array>
#include <boost/json/parse.hpp>

#include "archive_reader.h"
#include "cdp_client.h"
#include "machine_work.h"
#include "net/sse_parser.h"
#include "wire/describe.h"

namespace wye::torture {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kAgain{20};
constexpr milliseconds kCallWithin{15'000};

std::string code_of(const Response& answer) {
  boost::system::error_code bad;
  const auto parsed = json::parse(answer.body, bad);
  const auto* code = !bad && parsed.is_object() ? parsed.get_object().if_contains("code") : nullptr;
  return code != nullptr && code->is_string() ? std::string(code->get_string()) : "";
}

}  // namespace

Workload::Workload(World& world, Ledger& ledger, const Round& round, int browser, Start start)
    : world_(world),
      ledger_(ledger),
      plan_(round.browsers[static_cast<std::size_t>(browser)]),
      label_(std::to_string(round.seed) + "-" + std::to_string(round.number) + "-" + std::to_string(browser)),
      browser_(browser),
      first_step_(round.number + browser),
      start_(start),
      client_(world.client(plan_.resumes ? 1 : 0)),
      main_([this] { run(stop_.get_token()); }) {}

void Workload::stop() {
  stop_.request_stop();
  if (main_.joinable()) main_.join();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool Workload::pause(const std::stop_token& stop, milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

bool Workload::pause_until(const std::stop_token& stop, int ms) {
  const auto left = start_ + milliseconds(ms) - std::chrono::steady_clock::now();
  return pause(stop, std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(left)));
}

CallOptions Workload::until(const std::stop_token& stop) const {
  return {.timeout = kCallWithin, .stop = stop};
}

void Workload::run(const std::stop_token& stop) {
  if (!pause_until(stop, plan_.create_at_ms)) return;
  // The round's end never cuts off a create, since every browser that it makes must be known.
  const auto made = client_.browsers().create({.timeout_seconds = 600, .telemetry = {.enabled = true}});
  world_.count(made ? "creates answered" : "creates failed: " + made.error().code);
  if (!made) return;
  id_ = made->session_id;
  cdp_url_ = made->cdp_ws_url;
  ledger_.created(browser_, id_);
  for (int i = 0; i < plan_.posters; ++i) threads_.emplace_back([this, stop, i] { post(stop, i); });
  threads_.emplace_back([this, stop] { page(stop); });
  threads_.emplace_back([this, stop] { stream(stop); });
  threads_.emplace_back([this, stop] { use_machine(stop); });
  leave_marks();
  call_around(stop);
}

void Workload::leave_marks() {
  const auto cdp = CdpClient::connect(cdp_url_, milliseconds(3000));
  if (!cdp) return;
  const auto tab = cdp->call("Target.createTarget", {{"url", "data:text/html,<title>kept</title>"}});
  const json::object cookie{{"name", "kept"},
                            {"value", label_},
                            {"domain", "torture.test"},
                            {"path", "/"},
                            {"expires", 4'000'000'000.0}};
  const auto set = cdp->call("Storage.setCookies", {{"cookies", json::array{cookie}}});
  const auto* target = tab ? tab->if_contains("targetId") : nullptr;
  if (set && target != nullptr && target->is_string())
    marks_ = BrowserMarks{label_, std::string(target->get_string())};
}

// A client's calls beside telemetry, until the browser's delete is due.
void Workload::call_around(const std::stop_token& stop) {
  const std::string path = "/browsers/" + id_;
  const auto json_body = [](const char* method, std::string to, std::string body) {
    return Request{.method = method,
                   .path = std::move(to),
                   .headers = {{"Content-Type", "application/json"}},
                   .body = std::move(body)};
  };
  const std::array requests{
      json_body("POST", path + "/curl", R"({"url":")" + World::loopback_page() + R"(","timeout_ms":5000})"),
      Request{.path = path}, json_body("PATCH", path, R"({"tags":{"round":")" + label_ + R"("}})"),
      Request{.path = "/browsers?limit=100"}, Request{.path = path + "/telemetry"}};
  for (std::size_t i = 0; !stop.stop_requested(); ++i) {
    const auto now = std::chrono::steady_clock::now();
    if (plan_.delete_at_ms >= 0 && now >= start_ + milliseconds(plan_.delete_at_ms)) break;
    const auto answer = client_.request(requests[i % requests.size()], until(stop));
    if (answer && i % requests.size() == 0) world_.count("curl answered " + std::to_string(answer->status));
    if (answer && i % requests.size() == 1 && answer->status == 404) ledger_.over(id_);
    if (answer && answer->status == 401)
      ledger_.violated(id_ + ": 401 to " + requests[i % requests.size()].path);
    pause(stop, kAgain);
  }
  if (plan_.delete_at_ms < 0 || stop.stop_requested()) return;
  const auto done = client_.request({.method = "DELETE", .path = path});
  world_.count(done ? "deletes answered " + std::to_string(done->status)
                    : "deletes failed: " + done.error().code);
  if (done && done->status == 204) ledger_.over(id_);
}

void Workload::post(const std::stop_token& stop, int poster) {
  const std::string payload(static_cast<std::size_t>(plan_.payload_bytes), 'p');
  for (int n = 0; !stop.stop_requested(); ++n) {
    const auto body = R"({"type":"told","category":"control","data":{"nonce":")" + label_ + "-" +
                      std::to_string(poster) + "-" + std::to_string(n) + R"(","payload":")" + payload +
                      R"("}})";
    const auto answer = client_.request({.method = "POST",
                                         .path = "/browsers/" + id_ + "/telemetry/events",
                                         .headers = {{"Content-Type", "application/json"}},
                                         .body = body},
                                        until(stop));
    if (answer && answer->status == 200) {
      world_.count("events acknowledged");
      ledger_.told(id_, json::parse(answer->body), "an acknowledgement");
      if (plan_.post_every_ms > 0) pause(stop, milliseconds(plan_.post_every_ms));
      continue;
    }
    if (answer && answer->status == 404) {
      if (code_of(*answer) != "browser_gone") ledger_.violated(id_ + ": 404 to a POST: " + answer->body);
      ledger_.over(id_);
      return;
    }
    if (answer && (answer->status < 300 || answer->status == 401 || answer->status == 500))
      ledger_.violated(id_ + ": a POST is answered " + std::to_string(answer->status) + " " + answer->body);
    world_.count(answer ? "posts refused " + std::to_string(answer->status)
                        : "posts failed: " + answer.error().code);
    pause(stop, kAgain);
  }
}

// Reads cursor after cursor, through every failure: each event once, none missing.
void Workload::page(const std::stop_token& stop) {
  ArchiveReader reader(client_, id_);
  while (!stop.stop_requested()) {
    const auto step = reader.read_page(ledger_, until(stop));
    if (step == ArchiveReader::Step::gone) {
      world_.count("readers that fell back");
      ledger_.over(id_);
      const auto promised =
          ledger_.records(id_);  // the server says gone only when everything is in the archive
      if (reader.read_rest(ledger_))
        check_holds(promised, reader.records(), id_ + " when it was gone", ledger_);
      return;
    }
    if (step != ArchiveReader::Step::more) pause(stop, kAgain);
  }
}

void Workload::use_machine(const std::stop_token& stop) {
  MachineWork work({.world = world_,
                    .ledger = ledger_,
                    .client = client_,
                    .id = id_,
                    .label = label_,
                    .first = first_step_,
                    .call = [this, stop] { return until(stop); },
                    .more = [this, stop] { return pause(stop, kAgain); }});
  work.run();
}

void Workload::stream(const std::stop_token& stop) {
  std::int64_t last = 0;
  while (!stop.stop_requested() && !over_) {
    if (plan_.resumes)
      stream_resumed(stop);
    else
      stream_raw(stop, &last);
    pause(stop, kAgain);
  }
}

void Workload::stream_resumed(const std::stop_token& stop) {
  auto opened = client_.telemetry().stream(id_, {.replay_all = true, .auto_resume = true}, until(stop));
  if (!opened) {
    over_ = opened.error().code == "browser_gone";
    return;
  }
  for (;;) {
    const auto next = opened->next();
    if (!next) return;
    if (!*next) {
      over_ = true;
      return ledger_.over(id_);
    }
    world_.count("events streamed");
    ledger_.told(id_, wire::to_json(**next), "a resumed stream");
  }
}

void Workload::stream_raw(const std::stop_token& stop, std::int64_t* last) {
  Request request{.path = "/browsers/" + id_ + "/telemetry/stream?replay=all"};
  if (*last > 0) request.headers = {{"Last-Event-ID", std::to_string(*last)}};
  auto opened = client_.open(request, until(stop));
  if (!opened) return;
  if (opened->status() == 404) over_ = true;
  if (opened->status() != 200) return;
  net::SseParser parser;
  std::array<char, 16384> piece;
  for (;;) {
    const auto got = opened->read(piece);
    if (!got || *got == 0) return;
    if (!parser.feed({piece.data(), *got})) return ledger_.violated(id_ + ": a stream that cannot be read");
    while (const auto event = parser.next()) {
      if (event->is_comment || event->data.empty()) continue;
      world_.count("events streamed");
      *last = std::stoll(event->id);
      ledger_.told(id_, json::parse(event->data), "a stream");
    }
  }
}

}  // namespace wye::torture
