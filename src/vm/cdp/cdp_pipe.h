#pragma once

#include <memory>

#include "base/unique_fd.h"
#include "vm/cdp/cdp_port.h"
#include "vm/curl/cdp_channel.h"

namespace wye::vm {

/// DevTools over the pipe that Chromium was started with (`--remote-debugging-pipe`: NUL-terminated JSON in
/// both directions). When Chromium closes its side, the pipe ends and fails every open call with
/// `disconnected`. One io_context.
class CdpPipe final : public CdpChannel, public CdpPort, public std::enable_shared_from_this<CdpPipe> {
 public:
  static std::shared_ptr<CdpPipe> open(boost::asio::io_context& io, UniqueFd to_chromium,
                                       UniqueFd from_chromium);
  ~CdpPipe() override;

  net::Task<Result<boost::json::value>> call(std::string method, boost::json::object params,
                                             std::string session_id) override;
  void post(std::string method, boost::json::object params, std::string session_id,
            Answered answered) override;
  std::shared_ptr<void> listen(std::string session_id, Listener listener) override;
  void send(std::string_view method, std::string_view params, std::string_view session,
            Done done = nullptr) override;
  std::shared_ptr<void> watch(Watcher watcher) override;

  /// Fails all open calls and ignores later messages.
  void close();

 private:
  struct Impl;
  explicit CdpPipe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wye::vm
