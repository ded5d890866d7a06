#pragma once

#include <boost/describe/class.hpp>

#include "wire/json_codec.h"
#include "wye/browser_playwright.h"
#include "wye/browser_repl.h"

// The bodies of the calls that run code beside the browser (wire-api §9, §23).
namespace wye {

BOOST_DESCRIBE_STRUCT(PlaywrightCode, (), (code, timeout_sec, executor))
BOOST_DESCRIBE_STRUCT(PlaywrightTab, (), (target_id, created))
BOOST_DESCRIBE_STRUCT(PlaywrightResult, (), (success, result, error, stdout_, stderr_, tab))
BOOST_DESCRIBE_STRUCT(PlaywrightExecutor, (), (name, busy, created_at, last_used_at, target_id, url))
BOOST_DESCRIBE_STRUCT(ReplCell, (), (code, timeout_sec, reset))
BOOST_DESCRIBE_STRUCT(ReplContent, (), (type, channel, text, mime_type, data_b64))
BOOST_DESCRIBE_STRUCT(ReplResult, (),
                      (repl_id, success, content, content_truncated, duration_ms, error, stack,
                       repl_terminated))

namespace wire {

struct ExecutorsAnswer {
  std::vector<PlaywrightExecutor> executors;
};
BOOST_DESCRIBE_STRUCT(ExecutorsAnswer, (), (executors))

}  // namespace wire
}  // namespace wye
