#pragma once

#include "events/make_record.h"
#include "events/record.h"

namespace wye::bench {

/// Makes an event: most are `network`, one in a thousand is `system`; each is about as large as a request's
/// event.
inline events::Record made(std::int64_t seq) {
  const auto* category = seq % 1000 == 0 ? "system" : seq % 3 == 0 ? "console" : "network";
  return events::make_record_text(seq, 1'790'000'000'000'000 + seq * 1000, "network_request", category,
                                  R"({"kind":"cdp","event":"Network.requestWillBeSent"})",
                                  R"({"request_id":"1000.)" + std::to_string(seq) +
                                      R"(","method":"GET","url":"https://example.com/some/path?q=)" +
                                      std::to_string(seq) + R"(","headers":{"Accept":"*/*","User-Agent":")" +
                                      std::string(100, 'u') + R"("},"nav_seq":1})");
}

}  // namespace wye::bench
