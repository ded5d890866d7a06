#include "archive_reader.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

namespace wye::torture {

namespace json = boost::json;

namespace {

constexpr auto kEndComesWithin = std::chrono::seconds(30);
constexpr auto kAgain = std::chrono::milliseconds(20);

std::string nonce_of(const json::value& envelope) {
  boost::system::error_code none;
  const auto* found = envelope.find_pointer("/event/data/nonce", none);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

}  // namespace

ArchiveReader::Step ArchiveReader::read_page(Ledger& ledger, const CallOptions& call) {
  const auto answer = client_.request(
      {.path = "/browsers/" + id_ + "/telemetry/events?limit=100&offset=" + std::to_string(next_)}, call);
  failure_ =
      answer ? std::to_string(answer->status) + " " + answer->body.substr(0, 300) : answer.error().message;
  if (!answer) return Step::failed;
  const bool may_pass = answer->status == 502 || answer->status == 503 || answer->status == 504;
  if (answer->status != 200 && !may_pass)
    ledger.violated(id_ + ": a page is answered " + failure_ + " via " +
                    std::string(to_string(answer->route.via)));
  if (answer->status != 200) return Step::failed;
  const auto page = json::parse(answer->body);
  for (const auto& envelope : page.as_array()) {
    std::int64_t seq = 0;
    const auto content = content_of(envelope, &seq);
    if (seq != next_)
      ledger.violated(id_ + ": seq " + std::to_string(seq) + " where " + std::to_string(next_) +
                      " was to come, via " + std::string(to_string(answer->route.via)));
    next_ = seq + 1;
    records_[seq] = content;
    ledger.told(id_, envelope, "a page");
    if (const auto nonce = nonce_of(envelope); !nonce.empty()) {
      const auto [at, fresh] = nonces_.emplace(nonce, seq);
      if (!fresh && at->second != seq) ledger.violated(id_ + ": " + nonce + " is there twice");
    }
  }
  if (answer->route.fell_back) return Step::gone;
  return page.as_array().empty() ? Step::at_end : Step::more;
}

bool ArchiveReader::read_rest(Ledger& ledger) {
  const auto deadline = std::chrono::steady_clock::now() + kEndComesWithin;
  for (;;) {
    const auto before = next_;
    const auto step = read_page(ledger, {.timeout = std::chrono::seconds(15)});
    if (step == Step::at_end || (step == Step::gone && next_ == before)) return true;
    if (step != Step::failed) continue;
    if (std::chrono::steady_clock::now() > deadline) {
      ledger.violated(id_ + ": its events cannot be read: " + failure_);
      return false;
    }
    std::this_thread::sleep_for(kAgain);
  }
}

void check_holds(const Ledger::Records& promised, const Ledger::Records& found, const std::string& where,
                 Ledger& ledger) {
  for (const auto& [seq, content] : promised) {
    const auto at = found.find(seq);
    if (at == found.end())
      ledger.violated(where + ": seq " + std::to_string(seq) +
                      " was told and is not there: " + content.substr(0, 200));
    else if (at->second != content)
      ledger.violated(where + ": seq " + std::to_string(seq) + " is another now");
  }
}

}  // namespace wye::torture
