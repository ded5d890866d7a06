#include "round_checks.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <thread>

#include "archive_reader.h"
#include "cdp_client.h"

namespace wye::torture {

namespace json = boost::json;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr auto kUsableWithin = std::chrono::seconds(60);
constexpr auto kNothingIsLeftWithin = std::chrono::seconds(10);
constexpr milliseconds kAgain{20};

bool contains(const json::array& all, std::string_view key, const std::string& value) {
  for (const auto& one : all)
    if (const auto* found = one.as_object().if_contains(key);
        found != nullptr && found->is_string() && found->get_string() == value)
      return true;
  return false;
}

}  // namespace

bool RoundChecks::lives(const std::string& id) {
  for (int i = 0; i < 500; ++i) {
    const auto answer = client_.request({.path = "/browsers/" + id});
    if (answer && (answer->status == 200 || answer->status == 404)) return answer->status == 200;
    std::this_thread::sleep_for(kAgain);
  }
  ledger_.violated(id + ": whether it lives is not to be had");
  return false;
}

void RoundChecks::check_browser(const std::string& id, const Workload& work, bool hurt) {
  if (!lives(id)) {
    ledger_.over(id);
    world_.count("browsers that ended in their round");
    return;
  }
  if (ledger_.is_over(id)) return ledger_.violated(id + ": it was over and lives again");
  world_.count("browsers that lived through their round");
  check_usable(id);
  const auto browser = client_.browsers().retrieve(id);
  if (browser) check_devtools(id, browser->cdp_ws_url, work, hurt);
}

// Checks that a direct call is answered, and that the network works.
void RoundChecks::check_usable(const std::string& id) {
  const auto begin = SteadyClock::now();
  std::string last;
  for (bool posted = false, fetched = false; !posted || !fetched;) {
    if (SteadyClock::now() > begin + kUsableWithin)
      return ledger_.violated(id + ": it lives and is not usable: " + last);
    const auto call = [&](const std::string& tail, const std::string& body) {
      const auto answer = client_.request({.method = "POST",
                                           .path = "/browsers/" + id + tail,
                                           .headers = {{"Content-Type", "application/json"}},
                                           .body = body});
      last = tail + " " +
             (answer ? std::to_string(answer->status) + " " + answer->body.substr(0, 200)
                     : answer.error().message);
      if (answer && answer->status == 404) ledger_.violated(id + ": it lives, and " + last);
      if (answer && answer->status == 200 && tail == "/telemetry/events")
        ledger_.told(id, json::parse(answer->body), "the check");
      return answer && answer->status == 200;
    };
    posted = posted || call("/telemetry/events", R"({"type":"checked","category":"control","data":{}})");
    fetched = posted && call("/curl", R"({"url":")" + World::loopback_page() + R"(","timeout_ms":3000})");
    if (!fetched) std::this_thread::sleep_for(kAgain);
  }
  world_.took("what lives until it is usable",
              std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
}

void RoundChecks::check_devtools(const std::string& id, const std::string& url, const Workload& work,
                                 bool hurt) {
  const auto deadline = SteadyClock::now() + kUsableWithin;
  for (;;) {
    const auto cdp = CdpClient::connect(url, milliseconds(5000));
    const auto targets = cdp ? cdp->call("Target.getTargets") : std::nullopt;
    const auto made = targets ? cdp->call("Target.createTarget", {{"url", "about:blank"}}) : std::nullopt;
    const auto cookies = made ? cdp->call("Storage.getCookies") : std::nullopt;
    if (!cookies) {
      if (SteadyClock::now() > deadline) return ledger_.violated(id + ": DevTools is not usable");
      std::this_thread::sleep_for(kAgain);
      continue;
    }
    if (hurt || !work.marks()) return;
    if (!contains(targets->at("targetInfos").as_array(), "targetId", work.marks()->target_id))
      ledger_.violated(id + ": its tab is lost");
    if (!contains(cookies->at("cookies").as_array(), "value", work.marks()->cookie))
      ledger_.violated(id + ": its cookie is lost");
    return world_.count("browsers with their tab and cookie");
  }
}

void RoundChecks::check_records(const std::string& id) {
  const auto promised = ledger_.records(id);
  ArchiveReader reader(world_.client(), id);
  if (reader.read_rest(ledger_)) check_holds(promised, reader.records(), id, ledger_);
}

// A server whose database is back takes a moment to notice that, and answers 503 until then.
std::optional<std::set<std::string>> RoundChecks::list_all() {
  for (const auto deadline = SteadyClock::now() + kUsableWithin;;) {
    std::set<std::string> out;
    std::optional<Error> failure;
    for (auto& browser : client_.browsers().list({.limit = 100})) {
      if (browser.result())
        out.insert(browser.value().session_id);
      else
        failure = browser.result().error();
    }
    if (!failure) return out;
    if (failure->status != 503 || SteadyClock::now() > deadline) {
      ledger_.violated("browsers cannot be listed: " + failure->message);
      return std::nullopt;
    }
    std::this_thread::sleep_for(kAgain);
  }
}

void RoundChecks::end_all(const std::set<std::string>& kept) {
  auto sessions = ledger_.ids();
  const auto listed = list_all();
  if (!listed) return;
  for (const auto& id : *listed)
    if (kept.count(id) == 0) sessions.insert(id);
  for (const auto& id : sessions) {
    if (!lives(id)) continue;
    const auto done = client_.browsers().remove(id, {.timeout = std::chrono::seconds(20)});
    if (!done && done.error().status != 404)
      ledger_.violated(id + ": it cannot be deleted: " + done.error().message);
    ledger_.over(id);
  }
  for (const auto& id : sessions) {
    if (lives(id)) ledger_.violated(id + ": it was deleted and lives");
    check_records(id);
  }
}

void RoundChecks::check_nothing_left(Leftovers& leftovers) {
  client_ = world_.client();  // its connections are open files of the server
  const auto deadline = SteadyClock::now() + kNothingIsLeftWithin;
  for (;;) {
    const auto left = leftovers.find(world_);
    if (left.empty()) return;
    if (SteadyClock::now() > deadline) {
      for (const auto& what : left) ledger_.violated("left behind: " + what);
      return;
    }
    std::this_thread::sleep_for(kAgain);
  }
}

}  // namespace wye::torture
