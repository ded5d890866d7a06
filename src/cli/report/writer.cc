#include "cli/report/writer.h"

#include <boost/json.hpp>

#include "base/encoding.h"
#include "base/try.h"
#include "cli/report/event_row.h"
#include "cli/report/pack.h"
#include "cli/report/page.h"
#include "wire/describe.h"

namespace wye::cli {

namespace json = boost::json;

namespace {

// Returns a screenshot's number and removes its bytes from the event's text.
std::optional<std::int64_t> take_picture(TelemetryEvent& event, Pictures& pictures) {
  auto* data = event.type == "monitor_screenshot" && event.data ? event.data->if_object() : nullptr;
  auto* png = data != nullptr ? data->if_contains("png") : nullptr;
  if (png == nullptr || !png->is_string()) return std::nullopt;
  const auto number = pictures.add(png->get_string());
  if (number) {
    (*data)["bytes"] = png->get_string().size() / 4 * 3;
    (*data)["png"] = "(shown as a picture)";
  }
  return number;
}

}  // namespace

Result<bool> ReportWriter::add(TelemetryEnvelope envelope) {
  if (events_ >= limits_.events || bytes_ >= limits_.bytes) return false;
  const auto picture = take_picture(envelope.event, pictures_);
  index_ += (index_.empty() ? "[" : ",") + json::serialize(index_row(envelope, picture));
  details_ += (details_.empty() ? "" : "\n") + wire::to_text(envelope);
  ++block_events_;
  ++events_;
  if (block_events_ >= kMaxBlockEvents || details_.size() >= kMaxBlockBytes) WYE_CHECK(write_block());
  return true;
}

Result<void> ReportWriter::finish(json::object facts) {
  WYE_CHECK(write_block());
  if (bytes_ == 0) WYE_CHECK(write(page_parts().head));
  for (const auto& [number, png] : pictures_.kept())
    WYE_CHECK(write("<script type=\"wye/picture\" data-picture=\"" + std::to_string(number) + "\">" +
                    base64(png) + "</script>\n"));
  facts["types"] = indexed_types();
  facts["events"] = events_;
  facts["pictures"] = {
      {"distinct", pictures_.distinct()}, {"kept", pictures_.kept().size()}, {"budget", pictures_.budget()}};
  WYE_CHECK(write("<script type=\"application/json\" id=\"facts\">" + script_safe(json::serialize(facts)) +
                  "</script>"));
  return write(page_parts().tail);
}

Result<void> ReportWriter::write_block() {
  if (block_events_ == 0) return {};
  if (bytes_ == 0) WYE_CHECK(write(page_parts().head));
  index_ += "]";
  WYE_CHECK(write("<script type=\"wye/block\" data-events=\"" + std::to_string(block_events_) + "\">\n" +
                  pack(index_) + "\n" + pack(details_) + "\n</script>\n"));
  index_.clear();
  details_.clear();
  block_events_ = 0;
  return {};
}

Result<void> ReportWriter::write(std::string_view text) {
  bytes_ += text.size();
  return sink_(text);
}

}  // namespace wye::cli
