#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace wye::live {

/// A DevTools client over the session's `cdp_ws_url` that sends any command, as a hostile one would. Blocks;
/// throws on failure.
class CdpClient {
 public:
  explicit CdpClient(const std::string& url);
  ~CdpClient();

  /// Returns the `result`; a refusal throws.
  boost::json::object call(std::string_view method, boost::json::object params = {},
                           const std::string& session = {});
  /// Sends and does not wait for the answer.
  void post(std::string_view method, boost::json::object params = {}, const std::string& session = {});
  /// Attaches to the first target whose URL has this beginning.
  std::string attach_to(std::string_view url_begin);
  /// Returns that target's id; "" when there is none.
  std::string target_of(std::string_view url_begin);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wye::live
