// The API's types: a parsed value is written in a form that reads back as the same, and so is JSON itself.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <string>

#include "invariant.h"
#include "wire/agent_config.h"
#include "wire/describe.h"

namespace wye::fuzz {
namespace {

// Compares all but fractions, which Boost.JSON reads within a few units of their last place.
bool is_same(const boost::json::value& a, const boost::json::value& b) {
  if (a.is_double() && b.is_double())
    return a.get_double() == b.get_double() ||
           std::abs(a.get_double() - b.get_double()) <= 1e-14 * std::abs(b.get_double());
  if (a.kind() != b.kind()) return false;
  if (const auto* list = a.if_array()) {
    const auto& other = b.get_array();
    return list->size() == other.size() && std::equal(list->begin(), list->end(), other.begin(), is_same);
  }
  if (const auto* object = a.if_object()) {
    const auto& other = b.get_object();
    return object->size() == other.size() &&
           std::all_of(object->begin(), object->end(), [&](const auto& member) {
             const auto* found = other.if_contains(member.key());
             return found != nullptr && is_same(member.value(), *found);
           });
  }
  return a == b;
}

template <class T>
void reads_back(std::string_view text) {
  const auto first = wire::from_text<T>(text);
  if (!first) {
    WYE_INVARIANT(!first.error().message.empty() && first.error().kind == ErrorKind::invalid);
    return;
  }
  const auto said = wire::to_text(*first);
  const auto again = wire::from_text<T>(said);
  WYE_INVARIANT(again);
  WYE_INVARIANT(is_same(wire::to_json(*again), wire::to_json(*first)));
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  const auto text = fuzz::Input(data, size).rest();
  const auto parsed = wire::parse_json(text);
  if (parsed) {
    const auto said = boost::json::serialize(*parsed);
    const auto again = wire::parse_json(said);
    WYE_INVARIANT(again && fuzz::is_same(*again, *parsed));
  }
  fuzz::reads_back<Browser>(text);
  fuzz::reads_back<BrowserCreate>(text);
  fuzz::reads_back<BrowserUpdate>(text);
  fuzz::reads_back<TelemetryRequest>(text);
  fuzz::reads_back<TelemetryEnvelope>(text);
  fuzz::reads_back<CurlRequest>(text);
  fuzz::reads_back<CurlResponse>(text);
  fuzz::reads_back<wire::ErrorBody>(text);
  if (const auto config = wire::parse_agent_config(text)) {
    const auto said = wire::agent_config_text(*config);
    const auto again = wire::parse_agent_config(said);
    WYE_INVARIANT(again && wire::agent_config_text(*again) == said);
  }
  return 0;
}
