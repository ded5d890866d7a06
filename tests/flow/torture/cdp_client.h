#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace wye::torture {

/// DevTools over a WebSocket, with only what the harness needs: one command at a time, events skipped.
/// Blocking; one thread.
class CdpClient {
 public:
  /// Connects to a browser's `cdp_ws_url`, ws://127.0.0.1:PORT/…; nothing when it is not answered with 101 in
  /// time.
  static std::unique_ptr<CdpClient> connect(const std::string& url, std::chrono::milliseconds patience);
  /// Returns the command's `result`; nothing when the connection ended, the time is over or Chromium answered
  /// with `error`.
  std::optional<boost::json::object> call(const std::string& method, boost::json::object params = {});

 private:
  CdpClient(UniqueFd socket, std::chrono::milliseconds patience)
      : socket_(std::move(socket)), patience_(patience) {}
  bool send_frame(int opcode, std::string_view payload);
  bool fill(std::size_t bytes, std::chrono::steady_clock::time_point deadline);
  std::optional<std::string> read_message(std::chrono::steady_clock::time_point deadline);

  UniqueFd socket_;
  const std::chrono::milliseconds patience_;
  std::string buffer_;
  int next_id_ = 1;
};

}  // namespace wye::torture
