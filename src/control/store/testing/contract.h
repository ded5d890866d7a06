#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control/store/store.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"

// What every engine's store must do alike. An engine is a type that can be made without arguments and has
// `std::unique_ptr<Store> open()`: each call returns another server on the same record, which is empty at
// first.
namespace wye::control::testing {

inline const std::string kA(24, 'a'), kB(24, 'b'), kC(24, 'c');

inline Session live_session(const std::string& id, std::int64_t created = 1, const std::string& name = {}) {
  Session session{.id = id, .life = Life::live, .created_at = created, .jwt = "j." + id};
  if (!name.empty()) session.config.name = name;
  session.config.region = "us-east";
  return session;
}

template <class Engine>
class StoreContract : public ::testing::Test {
 protected:
  Store& store() { return *first_; }
  /// Another server on the same record.
  Store& other() {
    if (!second_) second_ = engine_.open();
    return *second_;
  }
  /// Reopens both, as after a restart.
  void reopen() {
    second_.reset();
    first_.reset();
    first_ = engine_.open();
  }
  /// Lets both servers act at the same time.
  void race(const std::function<void(Store&)>& act) {
    Store* const stores[] = {&store(), &other()};
    std::atomic<int> waiting = 2;
    std::vector<std::thread> threads;
    for (auto* each : stores)
      threads.emplace_back([&, each] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        act(*each);
      });
    for (auto& thread : threads) thread.join();
  }
  std::vector<std::int64_t> seqs(const std::string& id, const std::string& query = "limit=100&offset=1") {
    const auto events = store().archived_events(id);
    int pages = 0;
    return events::testing::page_all(*events, query, &pages);
  }

  Engine engine_;
  std::unique_ptr<Store> first_ = engine_.open(), second_;
};

}  // namespace wye::control::testing
