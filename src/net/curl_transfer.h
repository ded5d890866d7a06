#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "net/response_head.h"
#include "net/slot_pool.h"
#include "wye/error.h"

namespace wye::net {

/// One request and its answer on one slot. Destroying it gives the slot back; an unfinished transfer closes
/// its connection, so that the other side sees that nobody reads any more.
class CurlTransfer final : public WireResponse {
 public:
  CurlTransfer(std::shared_ptr<SlotPool> pool, const HttpClient::Options& options);
  ~CurlTransfer() override;
  /// Returns when the head is there.
  Result<void> begin(const WireRequest& request);
  Result<std::size_t> read(std::span<char> out) override;
  void set_body_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) override {
    body_deadline_ = deadline;
  }

 private:
  struct ListDeleter {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };
  void set_up(const WireRequest& request);
  void set_up_body(const WireRequest& request);
  void set_up_headers(const WireRequest& request);
  void add_header_line(const std::string& line);
  void keep_unsent_body();
  Result<void> turn(std::chrono::steady_clock::time_point deadline);
  void collect_result();
  Error abandon(Error why);

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_send(char* out, std::size_t, std::size_t size, void* self);
  static int on_about_to_send(void* self, char*, char*, int, int);

  std::shared_ptr<SlotPool> pool_;
  const HttpClient::Options& options_;  // the client's; read until the head is there
  std::unique_ptr<Slot> slot_;
  std::unique_ptr<curl_slist, ListDeleter> header_list_;
  ResponseHead head_;
  BodySource body_stream_;
  std::string_view
      unsent_;  // of a large body: first the caller's bytes, and once the head is there our copy of the rest
  std::string unsent_copy_;
  std::optional<std::chrono::steady_clock::time_point> body_deadline_;
  std::stop_token stop_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  std::optional<Error> failed_;
  std::string buffer_;     // of the body, up to where reading pauses
  std::size_t taken_ = 0;  // of the buffer
  int sends_ = 0;
  /// Never goes back to `made`, and never leaves `done`.
  enum class State {
    made,
    running,
    paused,  ///< The buffer is full: the socket waits until the reader has emptied it.
    done,    ///< The multi does not know the handle any longer.
  };
  [[nodiscard]] bool in_multi() const { return state_ == State::running || state_ == State::paused; }
  State state_ = State::made;
  char detail_[CURL_ERROR_SIZE] = {};
};

}  // namespace wye::net
