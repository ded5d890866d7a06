#include "world.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "jail.h"
#include "testing/small_disk.h"

namespace wye::torture {
namespace {

// These addresses are in the jail's own network.
constexpr const char* kControl = "127.0.0.1:7711";
constexpr const char* kMetro = "127.0.0.1:7712";

}  // namespace

World::World(const Options& options)
    : data_dir_(options.work_dir + "/data"), ballast_(data_dir_ + "/ballast") {
  ::mkdir(data_dir_.c_str(), 0700);
  mount_tmpfs(data_dir_, options.disk_bytes);
  std::vector<std::string> environment;
  if (options.database) {
    database_ = std::make_unique<testing::PrivatePostgres>();
    environment.push_back("WYE_DATABASE=" + database_->url());
  }
  server_ = std::make_unique<live::ServeProcess>(
      live::ServeProcess::Options{.data_dir = data_dir_,
                                  .metro_listen = kMetro,
                                  .listen = kControl,
                                  // Without this bound, a few hundred rounds' archives would fill the disk.
                                  .extra_args = {"--agent", options.agent, "--archive-max-size", "64MiB"},
                                  .environment = std::move(environment)});
}

Client World::client(int max_retries) const {
  return Client({.api_key = server_->api_key(),
                 .base_url = std::string("http://") + kControl,
                 .max_retries = max_retries,
                 .timeout = std::chrono::seconds(30)});
}

std::string World::loopback_page() { return "http://host.wye.internal:7711/healthz"; }

pid_t World::server_pid() const {
  const std::lock_guard lock(server_mutex_);
  return std::max(0, server_->pid());
}

void World::kill_server() {
  const std::lock_guard lock(server_mutex_);
  server_->kill();
}

int World::end_server() {
  const std::lock_guard lock(server_mutex_);
  return server_->stop();
}

void World::start_server() {
  const std::lock_guard lock(server_mutex_);
  if (server_->pid() > 0) return;
  for (bool again = true;; again = false) {
    try {
      server_->start();
      break;
    } catch (const std::exception&) {
      // The server refuses to start on a full disk, and without its database. Once that is repaired it is
      // started again, at the round's end at the latest.
      server_->kill();
      if (::access(ballast_.c_str(), F_OK) == 0 || struck_ != Struck::no) return;
      if (!again) throw;
    }
  }
  ++starts_;
}

void World::strike_database(bool kills) {
  const std::lock_guard lock(database_mutex_);
  if (struck_ != Struck::no) return;
  struck_ = kills ? Struck::killed : Struck::stopped;
  kills ? database_->kill() : database_->freeze();
}

void World::mend_database() {
  const std::lock_guard lock(database_mutex_);
  if (struck_ == Struck::killed) database_->start();
  if (struck_ == Struck::stopped) database_->thaw();
  struck_ = Struck::no;
}

void World::fill_disk() { testing::fill_disk(ballast_); }

void World::free_disk() { ::unlink(ballast_.c_str()); }

void World::count(const std::string& what) {
  const std::lock_guard lock(counts_mutex_);
  ++counts_[what];
}

void World::took(const std::string& what, double ms) {
  const std::lock_guard lock(counts_mutex_);
  times_[what].push_back(ms);
}

std::string World::summary() const {
  const std::lock_guard lock(counts_mutex_);
  std::string out;
  char line[200];
  for (const auto& [what, count] : counts_) {
    std::snprintf(line, sizeof line, "  %-44s %8d\n", what.c_str(), count);
    out += line;
  }
  for (auto [what, all] : times_) {
    std::sort(all.begin(), all.end());
    std::snprintf(line, sizeof line, "  %-44s %8zu  median %.1f ms, p95 %.1f ms, most %.1f ms\n",
                  what.c_str(), all.size(), all[all.size() / 2], all[all.size() * 95 / 100], all.back());
    out += line;
  }
  return out;
}

}  // namespace wye::torture
