#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "vm/curl/cdp_channel.h"

namespace wye::vm {

/// The browser's clipboard, read and written in a hidden page of ours by the commands that Ctrl+V and Ctrl+C
/// stand for: `navigator.clipboard` would need a permission, a secure page and its focus. One io_context.
class CdpClipboard {
 public:
  /// Finds the hidden page's target.
  using HiddenPage = std::function<net::Task<Result<std::string>>()>;
  explicit CdpClipboard(HiddenPage hidden_page) : hidden_page_(std::move(hidden_page)) {}

  net::Task<Result<std::string>> read(std::shared_ptr<CdpChannel> channel);
  net::Task<Result<void>> write(std::shared_ptr<CdpChannel> channel, std::string text);

 private:
  struct World {
    std::string session;
    std::int64_t context = 0;
  };
  net::Task<Result<World>> enter(CdpChannel& channel);

  HiddenPage hidden_page_;
};

}  // namespace wye::vm
