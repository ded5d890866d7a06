#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace wye::torture {

/// Records what clients were told in a round, and which of it proved untrue. Thread-safe.
class Ledger {
 public:
  using Records = std::map<std::int64_t, std::string>;  ///< seq → content.

  /// A create was answered.
  void created(int browser, const std::string& id);
  /// A record was acknowledged or shown, in the form of the wire: `{"seq":…,"event":{…}}`.
  void told(const std::string& id, const boost::json::value& envelope, const char* how);
  /// The session was reported as over: by the 204 of a delete, or by a 503 or 404.
  void over(const std::string& id);
  void violated(const std::string& what);

  [[nodiscard]] std::string id_of(int browser) const;  ///< "" before it was created.
  [[nodiscard]] std::set<std::string> ids() const;
  [[nodiscard]] Records records(const std::string& id) const;
  [[nodiscard]] bool is_over(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> violations() const;

 private:
  struct Session {
    Records records;
    bool over = false;
  };
  mutable std::mutex mutex_;
  std::map<int, std::string> of_browser_;
  std::map<std::string, Session> sessions_;
  std::vector<std::string> violations_;
};

/// Returns the content by which two records are compared; "" when the JSON is no envelope. Sets `seq`.
[[nodiscard]] std::string content_of(const boost::json::value& envelope, std::int64_t* seq);

}  // namespace wye::torture
