#include "events/paging.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/timestamp.h"
#include "base/try.h"

namespace wye::events {
namespace {

constexpr std::int64_t kDefaultWindowMicros = 5LL * 60 * 1'000'000;
constexpr std::size_t kMaxCategories = 32;

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

struct Pair {
  std::string name, value;
};

std::string decoded(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', ' ');
  return percent_decode(plain).value_or("");
}

std::vector<Pair> pairs_of(std::string_view query) {
  std::vector<Pair> out;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    out.push_back(
        {decoded(pair.substr(0, equals)), equals < pair.size() ? std::string(pair.substr(equals + 1)) : ""});
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return out;
}

// Treats "" as absent (wire-api §1).
std::string single(std::string_view query, std::string_view name) {
  for (const auto& pair : pairs_of(query))
    if (pair.name == name && !pair.value.empty()) {
      // A time zone's plus sign is often left unencoded; a space is never right in these values.
      auto text = percent_decode(pair.value).value_or("\x01");
      return text;
    }
  return {};
}

Result<std::optional<std::int64_t>> integer(std::string_view query, std::string_view name, std::int64_t low,
                                            std::int64_t high) {
  const auto text = single(query, name);
  if (text.empty()) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return bad(std::string(name) + " must be an integer from " + std::to_string(low) + " to " +
               std::to_string(high));
  return std::optional<std::int64_t>(value);
}

Result<std::optional<std::int64_t>> moment(std::string_view query, std::string_view name, std::int64_t now) {
  const auto text = single(query, name);
  if (text.empty()) return std::optional<std::int64_t>();
  if (const auto ago = parse_duration(text)) return std::optional<std::int64_t>(now - *ago);
  const auto at = parse_rfc3339(text);
  if (!at) return bad(std::string(name) + " must be an RFC 3339 time or a duration such as 5m");
  return std::optional<std::int64_t>(*at);
}

}  // namespace

std::vector<std::string> array_parameter(std::string_view query, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& pair : pairs_of(query)) {
    const std::string_view key = pair.name;
    const bool indexed =
        key.starts_with(name) && key.size() > name.size() && key[name.size()] == '[' && key.ends_with(']');
    if (key != name && !indexed) continue;
    const auto values = decoded(pair.value);
    for (std::size_t at = 0; at <= values.size();) {
      const auto end = std::min(values.find(',', at), values.size());
      if (end > at) out.push_back(values.substr(at, end - at));
      at = end + 1;
    }
  }
  return out;
}

Result<PageQuery> parse_page_query(std::string_view query, std::int64_t now) {
  PageQuery page;
  WYE_TRY(const auto limit, integer(query, "limit", 1, 100));
  page.limit = limit.value_or(20);
  WYE_TRY(page.offset, integer(query, "offset", 0, kMaxCursor));
  WYE_TRY(page.since, moment(query, "since", now));
  WYE_TRY(page.until, moment(query, "until", now));
  const auto order = single(query, "order");
  if (!order.empty() && order != "asc" && order != "desc") return bad("order must be asc or desc");
  page.ascending = order != "desc";
  if (page.since && !page.ascending) return bad("since goes with order=asc; with desc use until");
  if (page.since && (*page.since < 0 || *page.since > now)) return bad("since must be between 1970 and now");
  page.categories = array_parameter(query, "category");
  if (page.categories.size() > kMaxCategories) return bad("at most 32 categories");
  if (page.offset) page.since.reset();
  if (!page.offset && !page.since && !page.until) page.since = now - kDefaultWindowMicros;
  return page;
}

namespace {

// Returns where the scan begins; nothing when the page is surely empty.
Result<std::optional<std::int64_t>> start_of(RecordSource& source, const PageQuery& query) {
  if (query.ascending) {
    if (query.offset) return std::optional<std::int64_t>(std::max<std::int64_t>(1, *query.offset));
    if (!query.since) return std::optional<std::int64_t>(1);
    return source.first_at(*query.since);
  }
  const auto cursor = query.offset.value_or(kMaxCursor);
  if (!query.until) return std::optional<std::int64_t>(cursor);
  WYE_TRY(const auto first_outside, source.first_at(*query.until));
  return std::optional<std::int64_t>(std::min(cursor, first_outside.value_or(kMaxCursor)));
}

}  // namespace

Result<Page> read_page(RecordSource& source, const PageQuery& query) {
  Page page;
  std::size_t bytes = 0;
  WYE_TRY(const auto start, start_of(source, query));
  if (!start) return page;
  WYE_TRY(const auto floor, source.floor());
  // A time window that begins at the floor may reach below it.
  const bool reaches_below = !query.ascending || *start < floor || (!query.offset && *start == floor);
  if (floor > 1 && reaches_below)
    return Error{.kind = ErrorKind::internal,
                 .code = "spool_trimmed",
                 .message = "older events are in the archive",
                 .status = 410};
  const RecordSource::Scan scan{
      .ascending = query.ascending, .from = *start, .categories = &query.categories};
  const auto visited = source.scan(scan, [&](const Record& record) {
    if (query.ascending && query.until && record.ts >= *query.until) return false;
    if (!query.ascending && query.since && record.ts < *query.since) return false;
    if (static_cast<std::int64_t>(page.records.size()) == query.limit || bytes >= kPageBytes) {
      page.has_more = true;
      return false;
    }
    bytes += record.json.size();
    page.records.push_back(record);
    return true;
  });
  if (!visited) return visited.error();
  if (page.has_more)
    page.next_offset = query.ascending ? page.records.back().seq + 1 : page.records.back().seq;
  return page;
}

std::string page_body(const Page& page) {
  std::size_t size = 2;
  for (const auto& record : page.records) size += record.json.size() + 1;
  std::string body;
  body.reserve(size);
  body = "[";
  for (const auto& record : page.records) {
    if (body.size() > 1) body += ',';
    body += record.json;
  }
  body += ']';
  return body;
}

std::vector<std::pair<std::string, std::string>> page_headers(const Page& page, const PageQuery& query) {
  return {{"X-Has-More", page.has_more ? "true" : "false"},
          {"X-Next-Offset", std::to_string(page.next_offset)},
          {"X-Limit", std::to_string(query.limit)},
          {"X-Offset", std::to_string(query.offset.value_or(0))}};
}

}  // namespace wye::events
