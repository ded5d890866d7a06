#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve_process.h"
#include "testing/private_postgres.h"
#include "wye/client.h"

namespace wye::torture {

/// The platform under torture, over all rounds of a run: one server on fixed ports of the jail, with its data
/// on its own small disk. Thread-safe.
class World {
 public:
  struct Options {
    std::string work_dir;
    std::string agent;  ///< A `wye-vm`.
    std::int64_t disk_bytes = 192LL << 20;
    bool database = false;  ///< The record is in the jail's own PostgreSQL, not on the small disk.
  };
  explicit World(const Options& options);

  [[nodiscard]] Client client(int max_retries = 0) const;
  /// The URL of a page that browsers can reach.
  [[nodiscard]] static std::string loopback_page();
  [[nodiscard]] const std::string& data_dir() const { return data_dir_; }
  [[nodiscard]] std::string session_dir(const std::string& id) const { return data_dir_ + "/sessions/" + id; }

  /// Returns 0 while there is none.
  [[nodiscard]] pid_t server_pid() const;
  void kill_server();
  /// Returns its exit status.
  int end_server();
  /// Does nothing while it runs.
  void start_server();
  [[nodiscard]] int starts() const { return starts_; }
  [[nodiscard]] std::string server_output() const { return server_->output(); }

  [[nodiscard]] bool has_database() const { return database_ != nullptr; }
  /// Kills all of its processes, or stops them.
  void strike_database(bool kills);
  /// Returns once the database answers; does nothing when nobody struck it, or there is none.
  void mend_database();

  void fill_disk();
  void free_disk();

  void count(const std::string& what);
  void took(const std::string& what, double ms);
  /// Returns counts, and times with median and maximum, one in each line.
  [[nodiscard]] std::string summary() const;

 private:
  enum class Struck { no, stopped, killed };
  std::string data_dir_, ballast_;
  std::unique_ptr<testing::PrivatePostgres> database_;  // null: SQLite
  std::mutex database_mutex_;
  std::atomic<Struck> struck_ = Struck::no;
  std::unique_ptr<live::ServeProcess> server_;
  mutable std::mutex server_mutex_, counts_mutex_;
  std::atomic<int> starts_{1};
  std::map<std::string, int> counts_;
  std::map<std::string, std::vector<double>> times_;
};

}  // namespace wye::torture
