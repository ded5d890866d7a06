#include "answers.h"

#include <charconv>

namespace wye::load {
namespace {

thread_local net::HeadView head_scratch;

std::int64_t parse(std::string_view digits) {
  std::int64_t out = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

}  // namespace

bool AnswerReader::feed(std::string_view bytes) {
  while (!bytes.empty() || in_body_) {
    if (!in_body_) {
      pending_.append(bytes);
      const auto end = net::find_head_end(pending_);
      if (end.fault == net::HeadFault::incomplete) return true;
      auto& head = head_scratch;
      if (end.fault != net::HeadFault::none ||
          net::parse_response_head(std::string_view(pending_).substr(0, end.size), false, head) !=
              net::HeadFault::none)
        return false;
      bytes.remove_prefix(bytes.size() - (pending_.size() - end.size));
      body_.begin(head.framing, head.content_length);
      in_body_ = true;
      if (on_head) on_head(head.status, head);
      pending_.clear();
    }
    payload_.clear();
    bytes.remove_prefix(body_.take(bytes, &payload_));
    if (body_.failed()) return false;
    if (!payload_.empty() && on_body) on_body(payload_);
    if (!body_.complete()) return true;
    in_body_ = false;
    if (on_done) on_done();
  }
  return true;
}

void EventReader::feed(std::string_view payload) {
  // Reads whole frames in place; only a cut one is kept.
  if (!pending_.empty()) {
    const auto end = payload.find("\n\n");
    // The end itself may be cut in two.
    if (pending_.back() == '\n' && payload.starts_with('\n')) {
      pending_.push_back('\n');
      payload.remove_prefix(1);
    } else if (end == std::string_view::npos) {
      pending_.append(payload);
      return;
    } else {
      pending_.append(payload.substr(0, end + 2));
      payload.remove_prefix(end + 2);
    }
    frame(pending_);
    pending_.clear();
  }
  for (auto end = payload.find("\n\n"); end != std::string_view::npos; end = payload.find("\n\n")) {
    frame(payload.substr(0, end + 2));
    payload.remove_prefix(end + 2);
  }
  pending_.assign(payload);
}

void EventReader::frame(std::string_view text) {
  if (!text.starts_with("id: ")) return;
  const auto line = text.find('\n');
  const auto seq = parse(text.substr(4, line - 4));
  if (last_seq_ != 0 && seq > last_seq_ + 1) missing_ += seq - last_seq_ - 1;
  if (last_seq_ != 0 && seq <= last_seq_) ++disordered_;
  last_seq_ = seq;
  ++events_;
  if (on_event) on_event(seq, text.substr(line + 7, text.size() - line - 9));
}

std::int64_t number_in(std::string_view json, std::string_view name) {
  const auto at = json.find(name);
  return at == std::string_view::npos ? -1 : parse(json.substr(at + name.size()));
}

}  // namespace wye::load
