#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace wye::live {

/// A client of DevTools over the session's `cdp_ws_url`, as a hostile one would be: it does what it is told.
/// Blocks; what cannot be done throws.
class CdpClient {
 public:
  explicit CdpClient(const std::string& url);
  ~CdpClient();

  /// The `result`; a refusal throws.
  boost::json::object call(std::string_view method, boost::json::object params = {},
                           const std::string& session = {});
  /// Sends and does not wait for the answer.
  void post(std::string_view method, boost::json::object params = {}, const std::string& session = {});
  /// A session on the first target whose URL begins so.
  std::string attach_to(std::string_view url_begin);
  /// Its id; "" when there is none.
  std::string target_of(std::string_view url_begin);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wye::live
