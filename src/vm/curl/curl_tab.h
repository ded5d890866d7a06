#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "vm/curl/cdp_channel.h"

namespace wye::vm {

/// The hidden page of our extension in the user's Chromium, whether or not who asked for it stays. Two steps:
/// a blank hidden target of ours, then our page in it. A client of DevTools may have every target that is
/// made after it came wait for it (`waitForDebuggerOnStart`), but not what an older target does: so the
/// target is made before the first client is let in, and a page that was lost (its renderer died, a client
/// navigated it) is made again in the same target, as long as there is one. One io_context.
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
  /// Asks for the target, unless it is there, and does not wait: Chromium carries out what it is told in
  /// order, and a client's first command comes after it.
  void reserve();
  /// Waits until the page is there; why it cannot be made, or that it took too long.
  net::Task<Result<void>> ready(std::chrono::steady_clock::time_point deadline);
  /// To the page, when there is one.
  void post(std::string method, boost::json::object params, CdpChannel::Answered answered);
  /// The page is of no use any more: what was under way in it is lost, and the next one comes in its place.
  void lose();
  /// It does not even answer: the next one gets another target.
  void replace();
  /// Another number for each page; answers of an earlier one say nothing of this one.
  [[nodiscard]] std::uint64_t page() const;
  [[nodiscard]] bool is_it(std::string_view target_id) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with its maker, which may end a turn after the object
};

}  // namespace wye::vm
