#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/store/store.h"

// What many tests do to a store before their own subject begins.
namespace wye::control::testing {

/// Archives a batch at the mark that the store has now; returns whether it was taken.
inline bool archive(Store& store, const std::string& id, std::vector<events::Record> records,
                    const host::SpoolMark& mark) {
  std::vector<host::ArchiveBatch> batches(1);
  batches[0] = {
      .session = id, .expected = store.spool_mark(id).value(), .records = std::move(records), .mark = mark};
  const auto outcomes = store.archive(batches);
  return outcomes && outcomes->at(0).taken;
}

/// The same with a mark right after the records.
inline bool archive(Store& store, const std::string& id, std::vector<events::Record> records) {
  auto mark = store.spool_mark(id).value();
  if (!records.empty()) {
    mark.last_seq = records.back().seq;
    mark.last_ts = records.back().ts;
  }
  return archive(store, id, std::move(records), mark);
}

/// Random letters and digits, which compress to three quarters.
inline std::string noise(std::mt19937& dice, std::size_t size) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
  std::string out(size, '\0');
  for (auto& byte : out) byte = kLetters[dice() % kLetters.size()];
  return out;
}

inline void become_live(Store& store, const std::string& id, const std::string& vm = "{}") {
  EXPECT_EQ(store.move(id, Life::creating, Life::live, {.vm = vm}).value(), Moved::made);
}

/// Moves a session from any state to `gone`.
inline void end_session(Store& store, const std::string& id, std::int64_t deleted_at,
                        std::int64_t uptime_ms = 1) {
  if (const auto life = store.session(id).value()->life; life != Life::ending) {
    EXPECT_EQ(store.move(id, life, Life::ending, {}).value(), Moved::made);
  }
  EXPECT_EQ(
      store.move(id, Life::ending, Life::gone, {.deleted_at = deleted_at, .uptime_ms = uptime_ms}).value(),
      Moved::made);
}

}  // namespace wye::control::testing
