#include "host/archive_notes.h"

#include <boost/json/object.hpp>

#include "events/make_record.h"

namespace wye::host {
namespace {

events::Record own_record(std::int64_t seq, std::int64_t ts, const char* category, const char* type,
                          boost::json::object data) {
  return events::make_record(seq, {.ts = ts,
                                   .type = type,
                                   .category = category,
                                   .source = {.kind = "local_process"},
                                   .data = boost::json::value(std::move(data))});
}

}  // namespace

events::Record stopped_record(std::int64_t seq, std::int64_t ts) {
  return own_record(seq, ts, "monitor", "telemetry_stopped", {{"reason", "archive_full"}});
}

events::Record dropped_record(std::int64_t seq, std::int64_t ts, std::int64_t dropped) {
  return own_record(seq, ts, "monitor", "telemetry_dropped",
                    {{"dropped", dropped}, {"reason", "archive_full"}});
}

events::Record damaged_record(std::int64_t seq, std::int64_t ts, std::int64_t lost_bytes) {
  return own_record(seq, ts, "system", "telemetry_damaged", {{"lost_bytes", lost_bytes}});
}

events::Record incomplete_record(std::int64_t ts, std::int64_t last_seq, std::int64_t last_contact,
                                 const std::string& reason) {
  return own_record(last_seq + kBehindLost, ts, "monitor", "archive_incomplete",
                    {{"last_seq", last_seq}, {"last_contact", last_contact}, {"reason", reason}});
}

}  // namespace wye::host
