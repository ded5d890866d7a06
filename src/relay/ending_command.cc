#include "relay/ending_command.h"

#include <boost/json/parse.hpp>

namespace wye::relay {

namespace json = boost::json;

namespace {

constexpr unsigned char kWholeText = 0x81, kCompressed = 0x40;
constexpr std::size_t kMostInflated = 1024;  // a command that ends Chromium is short

bool ends_chromium(std::string_view text) {
  if (text.find("Browser.c") == std::string_view::npos) return false;
  boost::system::error_code error;
  const auto message = json::parse(json::string_view(text.data(), text.size()), error);
  const auto* command = error ? nullptr : message.if_object();
  const auto* method = command != nullptr ? command->if_contains("method") : nullptr;
  return method != nullptr && (*method == "Browser.close" || *method == "Browser.crash");
}

}  // namespace

EndingCommand::EndingCommand() : inflater_(kMostInflated) {}

bool EndingCommand::is_in(unsigned char first, std::string_view payload) {
  if (first == kWholeText) return ends_chromium(payload);
  // What is longer than its room is cut, and a cut text is no JSON.
  return first == (kWholeText | kCompressed) && ends_chromium(inflater_.inflate(payload).text);
}

}  // namespace wye::relay
