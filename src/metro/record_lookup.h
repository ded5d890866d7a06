#pragma once

#include <array>
#include <boost/asio/thread_pool.hpp>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/byte_budget.h"
#include "metro/metro.h"
#include "metro/own_credentials.h"
#include "metro/session_directory.h"
#include "net/exchange.h"

namespace wye::metro {

/// Makes blocking calls (the record of past sessions, the archive, an agent) on threads of its own, separate
/// for each kind, so that no slow agent and no large page delays a question about a gone browser.
/// Thread-safe; shared by all io_contexts of a metro and stopped before them.
class RecordLookup {
 public:
  static constexpr std::size_t kRecordThreads = 1, kPageThreads = 2, kTellingThreads = 2;
  /// How many pages and reports of telemetry changes run at once for one session. Further pages are 503. A
  /// further change needs no report, because each waiting report asks the agent again.
  static constexpr std::size_t kMaxPages = 8, kMaxTellings = 2;
  static constexpr std::size_t kPageBytes = 64u << 20;  ///< Bytes of archive pages on their way to clients.
  /// How many ids are remembered as gone, which they stay for good.
  static constexpr std::size_t kMaxGone = 10'000;

  explicit RecordLookup(const SessionDirectory& directory, MetroHooks hooks = {});
  ~RecordLookup() { stop(); }
  RecordLookup(const RecordLookup&) = delete;
  RecordLookup& operator=(const RecordLookup&) = delete;

  net::Task<SessionState> state_of(std::string session_id);
  [[nodiscard]] bool has_archive() const { return static_cast<bool>(hooks_.archive_page); }
  net::Task<net::Response> archive_page(std::string session_id, std::string query);
  /// The budget of archive pages that clients are reading.
  [[nodiscard]] ByteBudget& pages() { return pages_; }
  /// Returns the fields of those candidates that are this server's credentials; nothing when the record
  /// cannot be asked.
  net::Task<std::optional<std::vector<std::size_t>>> own_credentials(std::vector<Candidate> candidates);
  [[nodiscard]] bool hears_telemetry() const { return static_cast<bool>(hooks_.telemetry_changed); }
  net::Task<> telemetry_changed(std::string session_id);
  /// Ends the open calls without an answer: `unknown`, or 503.
  void stop();

 private:
  enum class Kind { record, page, telling };
  static constexpr std::size_t kKinds = 3;
  template <class T>
  net::Task<std::optional<T>> on_threads(Kind kind, std::function<T()> work);
  /// One place among those of a session; given back when it is dropped.
  class Place {
   public:
    Place(RecordLookup& records, Kind kind, std::string session_id, std::size_t most);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    [[nodiscard]] bool taken() const { return taken_; }

   private:
    RecordLookup& records_;
    const std::pair<Kind, std::string> key_;
    bool taken_;
  };
  [[nodiscard]] bool is_known_gone(const std::string& session_id);
  void remember_gone(const std::string& session_id);

  const SessionDirectory& directory_;
  const MetroHooks hooks_;
  ByteBudget pages_{kPageBytes};
  std::mutex mutex_;  // guards what follows
  std::array<std::unique_ptr<boost::asio::thread_pool>, kKinds> threads_;
  std::map<std::pair<Kind, std::string>, std::size_t> places_;  // the places that are taken
  std::unordered_set<std::string> gone_;
  std::list<std::string> gone_order_;
};

}  // namespace wye::metro
