#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "vm/curl/cdp_channel.h"
#include "vm/curl/curl_job.h"

namespace wye::vm {

/// Requests through the user's Chromium: its cookies, its TLS, its proxy, no CORS. A hidden page of a small
/// extension of ours fetches; every request is paused before it leaves so that it carries exactly the
/// caller's method, headers and body. The page is made on first use and again after Chromium was restarted.
/// One io_context; must outlive its jobs.
class CurlService {
 public:
  /// `extension_dir` must be readable by Chromium; the service writes the extension there.
  CurlService(boost::asio::io_context& io, std::string extension_dir);
  ~CurlService();

  /// The connection to a Chromium that has just started; nothing when it went away: every job under way
  /// fails.
  void attach(std::shared_ptr<CdpChannel> channel);

  /// Whether the target of that id is ours and to be left out of what clients list.
  [[nodiscard]] bool is_ours(std::string_view target_id) const {
    return !target_id.empty() && target_id == target_id_;
  }

  /// Starts a request. The job is stopped when the handle is dropped, so the target sees the abort.
  net::Task<Result<std::shared_ptr<CurlJob>>> start(CurlJobRequest request);
  /// Tells the page that one piece was taken.
  void took_piece(const CurlJob& job);

 private:
  net::Task<Result<void>> make_page();
  Result<void> write_extension() const;
  void on_event(std::string_view method, const boost::json::object& params);
  void on_paused(const boost::json::object& params);
  void on_binding(std::string_view payload);
  void stop(const CurlJob& job);
  [[nodiscard]] std::shared_ptr<CurlJob> job_of_network_id(const std::string& id) const;
  void post(std::string method, boost::json::object params);
  void run_script(std::string expression);

  boost::asio::io_context& io_;
  const std::string extension_dir_;
  std::shared_ptr<CdpChannel> channel_;  // shared with the process that owns Chromium
  std::shared_ptr<void> listening_;
  std::string target_id_, session_id_;
  bool making_page_ = false;
  std::vector<std::function<void()>> waiting_for_page_;
  std::map<std::string, std::weak_ptr<CurlJob>, std::less<>> jobs_;
  std::map<std::string, std::string, std::less<>> job_by_network_id_;
  /// Head facts that came before the request was matched with its job (DevTools does not order them).
  std::map<std::string, std::vector<std::pair<int, net::Headers>>, std::less<>> early_extra_;
  std::uint64_t next_job_ = 1;
};

}  // namespace wye::vm
