#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.h"

namespace wye::host {

/// The VMs of this host, as they are in memory: one of a session is known, then runs, then ends, then is
/// forgotten. One that never ran ends, too. Thread-safe.
class Vms {
 public:
  struct Vm {
    std::string record;           ///< The driver's; "" when there is none.
    std::int64_t created_at = 0;  ///< The session's, µs.
    bool ran = false;             ///< By this server or an earlier one: then it has a spool.
    net::Endpoint agent;          ///< Of one that this server started or adopted.
  };
  /// False when it is known already.
  bool add(const std::string& id, Vm vm);
  /// What its driver finds it by from now on.
  void set_record(const std::string& id, const std::string& record);
  /// False when it is ending, or not known.
  bool start(const std::string& id, const net::Endpoint& agent);
  /// False when it is ending already, or not known.
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
