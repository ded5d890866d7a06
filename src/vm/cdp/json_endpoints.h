#pragma once

#include <functional>
#include <string>

#include "net/exchange.h"
#include "vm/chromium/browser.h"

namespace wye::vm {

/// Asks DevTools' HTTP server, and the next Chromium's when this one ends.
net::Task<Result<net::Response>> ask_devtools(boost::asio::io_context& io, Browser& browser,
                                              std::string method, std::string target);

/// DevTools' HTTP endpoints (`/json/version`, `/json`, `/json/list`, `/json/new`, `/json/close/{id}`,
/// `/json/activate/{id}`), with WebSocket addresses of the public host and without the agent's own targets
/// (vm-api §15). `path` begins with `/json`.
net::Task<net::Response> answer_json_endpoint(boost::asio::io_context& io, Browser& browser,
                                              const net::RequestHead& head, std::string path,
                                              std::function<bool(std::string_view target)> is_ours);

}  // namespace wye::vm
