#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "vm/curl/cdp_channel.h"

namespace wye::vm {

/// The hidden page of our extension in the user's Chromium. Made when it is first asked for, whether or not
/// who asked stays; anew after it was lost: its renderer died, somebody closed it, Chromium was restarted.
/// One io_context.
class CurlTab {
 public:
  struct Listener {
    CdpChannel::Listener event;  ///< DevTools events of the page.
    std::function<void()> lost;  ///< What was under way in it is over.
  };
  /// `extension_dir` must be readable by Chromium; the extension is written there. An attempt to make the
  /// page is given up after `patience`, which doubles with each that was, up to 30 s.
  CurlTab(boost::asio::io_context& io, std::string extension_dir, Listener listener,
          std::chrono::steady_clock::duration patience = std::chrono::seconds(5));
  ~CurlTab();

  /// The connection to a Chromium that has just started; nothing when it went away.
  void attach(std::shared_ptr<CdpChannel> channel);
  /// Waits until the page is there; why it cannot be made, or that it took too long.
  net::Task<Result<void>> ready(std::chrono::steady_clock::time_point deadline);
  /// To the page, when there is one.
  void post(std::string method, boost::json::object params);
  [[nodiscard]] bool is_it(std::string_view target_id) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with its maker, which may end a turn after the object
};

}  // namespace wye::vm
