// Copies of clients' messages: a relay's packet, and the text of a message. What becomes an event is JSON,
// holds nothing of a text but what the table lets pass, and does not depend on what follows a cut.
#include <boost/json/parse.hpp>
#include <string>

#include "invariant.h"
#include "net/ws_inflate.h"
#include "vm/cdp/command_event.h"
#include "wire/copy_packet.h"

namespace wye::fuzz {
namespace {

namespace json = boost::json;

void parts_are_within(std::string_view packet) {
  wire::CopyReader reader(packet);
  WYE_INVARIANT(reader.lost() >= 0);
  std::size_t bytes = 0;
  while (const auto part = reader.next()) {
    bytes += part->bytes.size() + 5;
    WYE_INVARIANT(part->bytes.data() >= packet.data());
    WYE_INVARIANT(part->bytes.data() + part->bytes.size() <= packet.data() + packet.size());
  }
  WYE_INVARIANT(bytes <= packet.size());
}

void event_is_sound(std::string_view text, bool cut) {
  const auto command = vm::read_command(text, cut);
  if (!command) return;
  WYE_INVARIANT(command->arguments.size() <= vm::CommandText::kMostArguments);
  WYE_INVARIANT(command->method.size() <= vm::CommandText::kHead + 1);
  const auto* method = wire::find_cdp_method(command->method);
  if (method == nullptr) return;
  boost::system::error_code error;
  const auto event = json::parse(vm::command_event(*method, *command, "c1", cut), error);
  WYE_INVARIANT(!error && event.is_object());
  const auto* arguments = event.get_object().if_contains("arguments");
  if (arguments == nullptr) return;
  for (const auto& member : arguments->get_object()) {
    if (const auto* word = member.value().if_string())
      WYE_INVARIANT(word->size() <= 32);
    else
      WYE_INVARIANT(member.value().is_number() || member.value().is_bool());
  }
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  const auto text = fuzz::Input(data, size).rest();
  fuzz::parts_are_within(text);
  fuzz::event_is_sound(text, false);
  fuzz::event_is_sound(text, true);
  net::WsInflater inflater(4096);
  const auto inflated = inflater.inflate(text);
  WYE_INVARIANT(inflated.text.size() <= 4096);
  fuzz::event_is_sound(inflated.text, inflated.full);
  return 0;
}
