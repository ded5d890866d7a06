#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "net/body_progress.h"
#include "net/head_parser.h"

namespace wye::load {

/// Parses answers one after another, as their bytes arrive.
class AnswerReader {
 public:
  std::function<void(int status, const net::HeadView& head)> on_head;
  std::function<void(std::string_view payload)> on_body;
  std::function<void()> on_done;

  /// Returns false once the bytes are no answer.
  bool feed(std::string_view bytes);

 private:
  bool in_body_ = false;
  std::string pending_;  // the beginning of a head
  std::string payload_;
  net::BodyProgress body_;
};

/// Follows a telemetry stream: which events arrived, in which order, and which are missing.
class EventReader {
 public:
  std::function<void(std::int64_t seq, std::string_view json)> on_event;

  void feed(std::string_view payload);
  [[nodiscard]] std::int64_t events() const { return events_; }
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  /// The seqs between two events of this stream that never arrived.
  [[nodiscard]] std::int64_t missing() const { return missing_; }
  /// The events that arrived twice or out of order.
  [[nodiscard]] std::int64_t disordered() const { return disordered_; }

 private:
  void frame(std::string_view text);
  std::string pending_;
  std::int64_t events_ = 0, last_seq_ = 0, missing_ = 0, disordered_ = 0;
};

/// Returns the number after `"name":` in an envelope; -1 without one.
[[nodiscard]] std::int64_t number_in(std::string_view json, std::string_view name);

}  // namespace wye::load
