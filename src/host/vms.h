#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.h"

namespace wye::host {

/// The VMs of this host in memory. One VM of a session is known, then runs, then ends, then is forgotten; one
/// that never ran ends, too. Thread-safe.
class Vms {
 public:
  struct Vm {
    std::string record;           ///< The driver's; "" when there is none.
    std::int64_t created_at = 0;  ///< The session's, µs.
    bool ran = false;             ///< Whether this server or an earlier one ran it: then it has a spool.
    net::Endpoint agent;          ///< Where its agent is reached, when this server started or adopted it.
  };
  /// Returns false when it is known already.
  bool add(const std::string& id, Vm vm);
  /// Sets what its driver finds it by from now on.
  void set_record(const std::string& id, const std::string& record);
  /// Returns false when it is ending, or not known.
  bool start(const std::string& id, const net::Endpoint& agent);
  /// Returns false when it is ending already, or not known.
  bool begin_end(const std::string& id);
  void forget(const std::string& id);

  [[nodiscard]] bool runs(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> running() const;
  [[nodiscard]] std::optional<Vm> find(const std::string& id) const;

 private:
  enum class Stage { known, running, ending };
  struct Entry {
    Vm vm;
    Stage stage = Stage::known;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> vms_;
};

}  // namespace wye::host
