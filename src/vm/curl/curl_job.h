#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/exchange.h"
#include "vm/curl/redirect_trail.h"

namespace wye::vm {

/// A caller's request to the target.
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

/// One open request in Chromium: what DevTools and the hidden page have reported about it. CurlService feeds
/// it, one handler reads it, both on the agent's io_context.
class CurlJob {
 public:
  /// All attempts share the request, since its body can be large.
  CurlJob(boost::asio::io_context& io, std::string id, std::shared_ptr<const CurlJobRequest> request);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const CurlJobRequest& request() const { return *request_; }

  // These calls are the service's, with what Chromium reports.
  void on_hop(std::string_view url, std::string_view method) { trail_.on_hop(url, method); }
  void on_begun();  ///< The page has begun.
  /// The page is gone. If no request was paused yet, nothing has left and the job can begin again.
  void on_page_lost();
  void on_extra_info(int status, net::Headers headers);
  void on_response(CurlHead head, bool has_extra_info);
  void on_body(std::string bytes);
  void on_end();
  void on_page_error();
  void on_network_error(std::string name, bool canceled);
  void fail(std::string net_error_name);
  void refuse(Error why);  ///< The request is not sent, for a reason that the caller can remove.

  /// Waits until the page has begun or the job has failed; false when the page was lost before, or was silent
  /// until the deadline.
  net::Task<bool> begun(std::chrono::steady_clock::time_point until);
  /// Waits until the head is known, the job failed, or `deadline`.
  net::Task<Result<CurlHead>> head(std::chrono::steady_clock::time_point deadline);
  /// Returns the next piece of the body; nothing at its end.
  net::Task<Result<std::optional<std::string>>> next_piece(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] const RedirectTrail& trail() const { return trail_; }

  int pieces_taken = 0;    ///< Taken by the handler and not yet reported to the page.
  std::string network_id;  ///< Chromium's id of the request, known once it was paused for the first time.
  /// Some field is not UTF-8 and cannot be given to `Fetch.continueRequest`, so the page itself sets the
  /// fields.
  const bool sets_fields_in_page;

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
  RedirectTrail trail_;
  std::optional<CurlHead> head_;
  bool needs_extra_info_ = false;
  std::vector<std::pair<int, net::Headers>> extra_;  // one for each hop, in order; the last is the answer's
  std::deque<std::string> pieces_;
  /// The state of the hidden page. Once it is lost, it reports nothing more.
  enum class Page : std::uint8_t {
    starting,
    begun,
    lost,           ///< The request may have left.
    lost_unpaused,  ///< Nothing of the request has left: no request of it was paused.
  };
  Page page_ = Page::starting;
  // What the page itself reported: each may come without the other, and both before the network's reason.
  bool ended_ = false;        // the body is complete
  bool page_failed_ = false;  // its fetch threw
  std::string error_name_;
  std::optional<Error> refusal_;
};

}  // namespace wye::vm
