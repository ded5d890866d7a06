#include "vm/repl/repl_content.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/encoding.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

std::string quoted(std::string_view text) { return json::serialize(json::value(utf8_decode(text))); }

}  // namespace

void ReplContent::add_text(std::string_view channel, std::string_view text) {
  const auto taken = text.substr(0, std::min(text.size(), kMostText - text_));
  cut_ |= taken.size() < text.size();
  if (taken.empty()) return;
  const bool joins = !items_.empty() && items_.back().channel == channel;
  if (!joins && items_.size() == kMostItems) {
    cut_ = true;
    return;
  }
  text_ += taken.size();
  if (joins)
    items_.back().text.append(taken);
  else
    items_.push_back({std::string(channel), std::string(taken), ""});
}

void ReplContent::add_image(std::string_view mime_type, std::string_view base64) {
  const auto bytes = base64.size() / 4 * 3;
  if (items_.size() == kMostItems || bytes > kLargestImage || images_ + bytes > kMostImages) {
    cut_ = true;
    return;
  }
  images_ += bytes;
  items_.push_back({"", std::string(base64), std::string(mime_type)});
}

std::string ReplContent::take() {
  std::string out;
  for (const auto& item : items_) {
    out += out.empty() ? "\"content\":[" : ",";
    if (item.channel.empty())
      out += "{\"type\":\"image\",\"mime_type\":" + quoted(item.mime_type) +
             ",\"data_b64\":" + quoted(item.text) + "}";
    else
      out +=
          "{\"type\":\"text\",\"channel\":" + quoted(item.channel) + ",\"text\":" + quoted(item.text) + "}";
  }
  if (!out.empty()) out += "]";
  if (cut_) out += out.empty() ? "\"content_truncated\":true" : ",\"content_truncated\":true";
  *this = ReplContent();
  return out;
}

std::string repl_answer(const ReplOutcome& outcome) {
  std::string out =
      "{\"repl_id\":" + quoted(outcome.repl_id) + ",\"success\":" + (outcome.success ? "true" : "false");
  if (!outcome.content.empty()) out += "," + outcome.content;
  if (outcome.duration_ms) out += ",\"duration_ms\":" + std::to_string(*outcome.duration_ms);
  if (!outcome.error.empty()) out += ",\"error\":" + quoted(outcome.error);
  if (!outcome.stack.empty()) out += ",\"stack\":" + quoted(outcome.stack);
  if (outcome.terminated) out += ",\"repl_terminated\":true";
  return out + "}";
}

}  // namespace wye::vm
