#include "control/export/delivery.h"

#include <curl/curl.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>

#include "wire/json_codec.h"

namespace wye::control::otlp {
namespace {

/// Reads the fields of one message, and stops at the first that is not valid.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view bytes) : rest_(bytes) {}
  /// Returns false at the end.
  bool next() {
    std::uint64_t tag = 0;
    if (rest_.empty() || !varint(tag)) return false;
    number = tag >> 3;
    number_value = 0;
    bytes_value = {};
    switch (tag & 7) {
      case 0:
        return varint(number_value);
      case 1:
        return skip(8);
      case 2: {
        std::uint64_t size = 0;
        if (!varint(size) || size > rest_.size()) return false;
        bytes_value = rest_.substr(0, static_cast<std::size_t>(size));
        return skip(static_cast<std::size_t>(size));
      }
      case 5:
        return skip(4);
      default:
        return false;
    }
  }
  std::uint64_t number = 0, number_value = 0;
  std::string_view bytes_value;

 private:
  bool skip(std::size_t size) {
    if (size > rest_.size()) return false;
    rest_.remove_prefix(size);
    return true;
  }
  bool varint(std::uint64_t& out) {
    out = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  std::string_view rest_;
};

std::int64_t sane(std::int64_t count) { return std::max<std::int64_t>(0, count); }

}  // namespace

Delivery::Outcome outcome_of_status(int status) {
  if (status >= 200 && status < 300) return Delivery::Outcome::accepted;
  const bool again = status == 429 || status == 502 || status == 503 || status == 504;
  return again ? Delivery::Outcome::again : Delivery::Outcome::refused;
}

std::optional<std::chrono::milliseconds> asked_pause(std::string_view retry_after, std::int64_t unix_micros) {
  if (retry_after.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  if (error != std::errc() || end != retry_after.data() + retry_after.size()) {
    const auto date = ::curl_getdate(std::string(retry_after).c_str(), nullptr);
    if (date < 0) return std::nullopt;
    seconds = date - unix_micros / 1'000'000;
  }
  const auto longest = std::chrono::duration_cast<std::chrono::seconds>(kLongestPause).count();
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, longest));
}

std::int64_t rejected_in_protobuf(std::string_view body) {
  for (ProtobufReader answer(body); answer.next();) {
    if (answer.number != 1) continue;
    for (ProtobufReader partial(answer.bytes_value); partial.next();)
      if (partial.number == 1) return sane(static_cast<std::int64_t>(partial.number_value));
  }
  return 0;
}

std::int64_t rejected_in_json(std::string_view body) {
  const auto answer = wire::parse_json(body);
  const auto* object = answer ? answer->if_object() : nullptr;
  const auto* partial = object == nullptr ? nullptr : object->if_contains("partialSuccess");
  if (partial == nullptr || !partial->is_object()) return 0;
  for (const auto* name : {"rejectedLogRecords", "rejectedSpans"}) {
    const auto* count = partial->get_object().if_contains(name);
    if (count == nullptr) continue;
    if (count->is_int64()) return sane(count->get_int64());
    if (!count->is_string()) continue;
    const auto& text = count->get_string();
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return sane(value);
  }
  return 0;
}

}  // namespace wye::control::otlp
