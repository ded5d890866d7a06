#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <vector>

namespace wye::net {

struct EasyDeleter {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};

/// An easy handle and a multi of its own: connections stay with the slot, so threads never share one (a
/// connection cache shared through libcurl is slower and unsafe between threads).
struct Slot {
  Slot();
  std::unique_ptr<CURL, EasyDeleter> easy;
  std::unique_ptr<CURLM, MultiDeleter> multi;
};

/// Gives the slot that was used last, so that its connections are warm. Thread-safe.
class SlotPool {
 public:
  /// Further ones are closed when they are given back.
  static constexpr std::size_t kMaxIdle = 64;
  [[nodiscard]] std::unique_ptr<Slot> take();
  void give_back(std::unique_ptr<Slot> slot);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Slot>> idle_;
};

}  // namespace wye::net
