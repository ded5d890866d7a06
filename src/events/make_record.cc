#include "events/make_record.h"

#include "wire/describe.h"

namespace wye::events {
namespace {

void cut_strings(boost::json::value& value) {
  if (auto* text = value.if_string()) {
    if (text->size() > kMaxCapturedString) *text = cut_text(*text);
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) cut_strings(item);
  } else if (auto* object = value.if_object()) {
    for (auto& field : *object) cut_strings(field.value());
  }
}

}  // namespace

std::string cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...[truncated]";
}

Record make_record(std::int64_t seq, TelemetryEvent event) {
  Record record{.seq = seq, .ts = event.ts, .category = event.category, .type = event.type};
  TelemetryEnvelope envelope{seq, std::move(event)};
  record.json = wire::to_text(envelope);
  if (record.json.size() < kMaxRecordBytes) return record;
  envelope.event.truncated = true;
  if (envelope.event.data) cut_strings(*envelope.event.data);
  record.json = wire::to_text(envelope);
  if (record.json.size() < kMaxRecordBytes) return record;
  envelope.event.data.reset();
  record.json = wire::to_text(envelope);
  return record;
}

Record make_record_text(std::int64_t seq, std::int64_t ts, std::string_view type, std::string_view category,
                        std::string_view source, std::string_view data) {
  Record record{.seq = seq, .ts = ts, .category = std::string(category), .type = std::string(type)};
  auto& text = record.json;
  text.reserve(data.size() + source.size() + 128);
  text.append(R"({"seq":)").append(std::to_string(seq)).append(R"(,"event":{"ts":)");
  text.append(std::to_string(ts)).append(R"(,"type":")").append(type).append(R"(","category":")");
  text.append(category).append(R"(","source":)").append(source).append(R"(,"data":)").append(data);
  text.append("}}");
  if (text.size() < kMaxRecordBytes) return record;
  auto read = wire::from_text<TelemetryEnvelope>(text);
  TelemetryEvent event{.ts = ts, .type = record.type, .category = record.category, .truncated = true};
  return make_record(seq, read ? std::move(read->event) : std::move(event));
}

}  // namespace wye::events
