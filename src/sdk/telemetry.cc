#include "base/try.h"
#include "sdk/client_core.h"
#include "sdk/paging.h"
#include "sdk/paths.h"
#include "sdk/telemetry_stream_state.h"

namespace wye {
namespace {

// Returns the query of every page. `since` and `offset` are only the first page's; then the cursor replaces
// them.
sdk::Query of_every_page(const EventsQuery& query) {
  sdk::Query out;
  out.add("limit", query.limit);
  out.add("until", query.until);
  if (query.order) out.add("order", std::optional(std::string(to_string(*query.order))));
  out.add_list("category", query.categories);
  return out;
}

}  // namespace

std::string_view to_string(EventOrder order) { return order == EventOrder::desc ? "desc" : "asc"; }

Result<TelemetryStream> Telemetry::stream(const std::string& id_or_name, StreamOptions stream,
                                          CallOptions call) const {
  auto state =
      std::make_shared<TelemetryStream::State>(core_, id_or_name, std::move(stream), std::move(call));
  WYE_CHECK(state->open());
  return TelemetryStream(std::move(state));
}

Pager<TelemetryEnvelope> Telemetry::events(const std::string& id_or_name, EventsQuery query,
                                           CallOptions call) const {
  auto who = sdk::pinned(*core_, id_or_name);
  return Pager<TelemetryEnvelope>(
      [core = core_, who = std::move(who), query = std::move(query), call = std::move(call)](
          std::optional<std::int64_t> offset) mutable -> Result<Pager<TelemetryEnvelope>::Page> {
        who = sdk::pinned(*core, who);
        WYE_TRY(const auto path, sdk::browser_path(who, "/telemetry/events"));
        auto page = of_every_page(query);
        if (offset) {
          page.add("offset", offset);
        } else {
          page.add("since", query.since);
          page.add("offset", query.offset);
        }
        return sdk::read_page<TelemetryEnvelope>(*core, path, page, call);
      });
}

}  // namespace wye
