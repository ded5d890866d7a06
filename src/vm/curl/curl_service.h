#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "vm/curl/curl_job.h"
#include "vm/curl/curl_tab.h"

namespace wye::vm {

/// Makes requests through the user's Chromium: its cookies, its TLS, its proxy, no CORS. The hidden page of a
/// small extension does the fetching. Every request is paused before it leaves, and gets exactly the caller's
/// method, headers and body. One io_context; must outlive its jobs.
class CurlService {
 public:
  /// `extension_dir`: see CurlTab.
  CurlService(boost::asio::io_context& io, std::string extension_dir);
  ~CurlService();

  /// Sets the connection to a Chromium that has just started; null when Chromium went away, which fails all
  /// open jobs.
  void attach(std::shared_ptr<CdpChannel> channel) { tab_.attach(std::move(channel)); }

  /// Must be called before a DevTools client is admitted: a client can hold targets that are made later.
  void reserve() { tab_.reserve(); }

  /// Returns the target of its hidden page, for others that need a page that no client sees.
  net::Task<Result<std::string>> hidden_target(std::chrono::steady_clock::time_point deadline) {
    return tab_.target(deadline);
  }

  /// Tells whether the target is the service's own and hidden from clients' lists.
  [[nodiscard]] bool is_ours(std::string_view target_id) const { return tab_.is_it(target_id); }

  /// Starts a request once the hidden page is there. Dropping the handle stops the job, so that the target
  /// sees an abort.
  net::Task<Result<std::shared_ptr<CurlJob>>> start(std::shared_ptr<const CurlJobRequest> request,
                                                    std::chrono::steady_clock::time_point deadline);
  /// Tells the page that the caller has taken one piece.
  void took_piece(CurlJob& job);

 private:
  void fail_all();
  void on_event(std::string_view method, const boost::json::object& params);
  void on_paused(const boost::json::object& params);
  void on_binding(std::string_view payload);
  void begin(const std::shared_ptr<CurlJob>& job);
  void stop(const CurlJob& job);
  void go_on(const std::shared_ptr<CurlJob>& job, std::string paused_id, boost::json::object how);
  void fail_paused(std::string paused_id);
  [[nodiscard]] std::shared_ptr<CurlJob> job_of_network_id(const std::string& id) const;
  [[nodiscard]] std::shared_ptr<CurlJob> job_of_fragment(std::string_view fragment) const;
  void post(std::string method, boost::json::object params, CdpChannel::Answered answered);
  void run_script(std::string expression, std::function<void()> done = nullptr);
  std::shared_ptr<CurlJob> make_job(std::shared_ptr<const CurlJobRequest> request);
  [[nodiscard]] bool page_is_stuck() const;

  boost::asio::io_context& io_;
  CurlTab tab_;
  std::map<std::string, std::weak_ptr<CurlJob>, std::less<>> jobs_;
  std::map<std::string, std::string, std::less<>> job_by_network_id_;
  /// Head facts that came before the request was matched with its job (DevTools does not order them).
  std::map<std::string, std::vector<std::pair<int, net::Headers>>, std::less<>> early_extra_;
  std::uint64_t next_job_ = 1;
  std::optional<std::chrono::steady_clock::time_point>
      silent_since_;  ///< Since when the page has not answered a question.
  // expires with this object, so that DevTools' late answers are dropped
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace wye::vm
