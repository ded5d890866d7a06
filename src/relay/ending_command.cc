#include "relay/ending_command.h"

#include <zlib.h>

#include <array>
#include <boost/json/parse.hpp>

namespace wye::relay {

namespace json = boost::json;

namespace {

constexpr unsigned char kWholeText = 0x81, kCompressed = 0x40;
constexpr std::string_view kEndOfMessage("\x00\x00\xff\xff", 4);  // RFC 7692 §7.2.2
constexpr std::size_t kMostInflated = 1024;                       // a command that ends Chromium is short

bool ends_chromium(std::string_view text) {
  if (text.find("Browser.c") == std::string_view::npos) return false;
  boost::system::error_code error;
  const auto message = json::parse(json::string_view(text.data(), text.size()), error);
  const auto* command = error ? nullptr : message.if_object();
  const auto* method = command != nullptr ? command->if_contains("method") : nullptr;
  return method != nullptr && (*method == "Browser.close" || *method == "Browser.crash");
}

}  // namespace

struct EndingCommand::Inflater {
  Inflater() { usable = ::inflateInit2(&stream, -MAX_WBITS) == Z_OK; }
  ~Inflater() {
    if (usable) ::inflateEnd(&stream);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream stream = {};
  bool usable = false;
  std::array<char, kMostInflated> out;
};

EndingCommand::EndingCommand() = default;
EndingCommand::~EndingCommand() = default;

bool EndingCommand::is_in(unsigned char first, std::string_view payload) {
  if (first == kWholeText) return ends_chromium(payload);
  return first == (kWholeText | kCompressed) && ends_chromium(inflated(payload));
}

// Cuts what is longer than its room; a cut text is no JSON.
std::string_view EndingCommand::inflated(std::string_view payload) {
  if (!inflater_) inflater_ = std::make_unique<Inflater>();
  auto& [stream, usable, out] = *inflater_;
  if (!usable || ::inflateReset(&stream) != Z_OK) return {};
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  for (const auto part : {payload, kEndOfMessage}) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR) break;
  }
  return {out.data(), out.size() - stream.avail_out};
}

}  // namespace wye::relay
