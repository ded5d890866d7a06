#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/exchange.h"
#include "vm/curl/request_headers.h"

namespace wye::vm {

/// What a caller wants of the target.
struct CurlJobRequest {
  std::string method;
  std::string url;
  net::Headers headers;  ///< Already filtered by `headers_for_target`.
  std::string body;
};

/// The target's head.
struct CurlHead {
  int status = 0;
  net::Headers headers;
  std::string final_url;
};

/// One request under way in Chromium: what DevTools and the hidden page have told of it so far. Fed by
/// CurlService, read by one handler; both on the agent's io_context.
class CurlJob {
 public:
  /// The request is shared by the attempts that are made at it, since its body can be large.
  CurlJob(boost::asio::io_context& io, std::string id, std::shared_ptr<const CurlJobRequest> request);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const CurlJobRequest& request() const { return *request_; }

  // Fed by the service.
  void on_hop(std::string_view url);  ///< A redirect was followed.
  void on_extra_info(int status, net::Headers headers);
  void on_response(CurlHead head, bool has_extra_info);
  void on_body(std::string bytes);
  void on_end();
  void on_page_error();
  void on_network_error(std::string name, bool canceled);
  void fail(std::string net_error_name);
  /// The page it runs in is no more. Unless it has left before, nobody has seen anything of it.
  void lose();

  /// Waits until the head is known, the job failed, or `deadline`.
  net::Task<Result<CurlHead>> head(std::chrono::steady_clock::time_point deadline);
  /// The next piece of the body; nothing at its end.
  net::Task<Result<std::optional<std::string>>> next_piece(std::chrono::steady_clock::time_point deadline);

  std::string network_id;      ///< Chromium's id of the request, once it was paused the first time.
  std::string current_origin;  ///< Of the hop under way.
  int hops = 0;

 private:
  net::Task<bool> wait(std::chrono::steady_clock::time_point deadline);
  void wake() { changed_.cancel(); }
  [[nodiscard]] bool head_is_whole() const;
  [[nodiscard]] Error error() const;

  const std::string id_;
  const std::shared_ptr<const CurlJobRequest> request_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      changed_;
  std::optional<CurlHead> head_;
  bool needs_extra_info_ = false;
  std::vector<std::pair<int, net::Headers>> extra_;  // one a hop, in order; the last is the answer's
  std::deque<std::string> pieces_;
  bool fetched_ = false, ended_ = false, page_failed_ = false, never_left_ = false;
  std::string error_name_;
};

}  // namespace wye::vm
