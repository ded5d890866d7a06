#include "metro/leg_counters.h"

namespace wye::metro {
namespace {

constexpr std::array<std::string_view, kReasons> kReasonNames{
    "agent",    "handler",      "archive",    "browser_gone", "ending",     "not_ready", "lost",
    "too_slow", "unauthorized", "not_served", "bad_request",  "overloaded", "health",    "client_gone"};
constexpr std::array<std::string_view, kOutcomes> kOutcomeNames{"1xx", "2xx", "3xx", "4xx", "5xx", "broken"};

}  // namespace

std::string_view name_of(Reason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }
std::string_view name_of(Outcome outcome) { return kOutcomeNames[static_cast<std::size_t>(outcome)]; }

OwnCounter* LegCounters::answer(Reason reason, const net::HeadView& head) {
  answer(reason, head.status);
  OwnCounter* lasting = nullptr;
  if (head.status == 101)
    lasting = &sockets;
  else if (head.framing == net::Framing::chunked &&
           head.get(net::FieldId::content_type).starts_with("text/event-stream"))
    lasting = &streams;
  if (lasting != nullptr) lasting->add();
  return lasting;
}

LegTotals& LegTotals::operator+=(const LegCounters& one) {
  for (std::size_t reason = 0; reason < kReasons; ++reason)
    for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome)
      answered[reason][outcome] += one.answered[reason][outcome].value();
  streams += one.streams.value();
  sockets += one.sockets.value();
  return *this;
}

}  // namespace wye::metro
