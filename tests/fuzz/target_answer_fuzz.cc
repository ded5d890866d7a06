// A target's answer to curl, as DevTools reports it: bytes come back unchanged, text is text, and curl/raw's
// answer begins with a head that the metro accepts.
#include <string>

#include "base/encoding.h"
#include "invariant.h"
#include "net/head_parser.h"
#include "vm/curl/field_bytes.h"
#include "vm/curl/raw_head.h"
#include "vm/curl/redirect_trail.h"

namespace wye::fuzz {
namespace {

void bytes_survive(std::string_view bytes) {
  WYE_INVARIANT(vm::field_bytes(vm::latin1_text(bytes)) == bytes);
  WYE_INVARIANT(is_utf8(vm::field_text(bytes)));
  const auto text = utf8_decode(bytes);
  WYE_INVARIANT(is_utf8(text) && (text == bytes) == is_utf8(bytes));
  WYE_INVARIANT(base64_decode(base64(bytes)) == bytes);
  (void)base64_decode(bytes);
  (void)vm::field_bytes(bytes);
}

// Makes a field from each line: its name is the text before the first ": ".
vm::CurlHead head_of(Input& input) {
  vm::CurlHead head{.status = input.byte() * 4 + input.byte()};
  head.final_url = input.line();
  while (!input.rest().empty()) {
    const auto line = input.line();
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos)
      head.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
  }
  return head;
}

void is_taken(const vm::CurlHead& from) {
  const auto headers = vm::raw_head(from);
  if (!headers) return;
  std::string text = "HTTP/1.1 " + std::to_string(from.status) + " \r\n";
  for (const auto& [name, value] : *headers)
    if (net::is_field_value(value)) text.append(name).append(": ").append(value).append("\r\n");
  if (!headers->has("Content-Length")) text += "Transfer-Encoding: chunked\r\n";
  text += "Connection: close\r\n\r\n";
  static net::HeadView view;
  WYE_INVARIANT(text.size() < 32 * 1024);
  WYE_INVARIANT(net::find_head_end(text).size == text.size());
  WYE_INVARIANT(net::parse_response_head(text, false, view) == net::HeadFault::none);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  fuzz::bytes_survive(input.rest());
  (void)vm::origin_of(input.rest());
  fuzz::is_taken(fuzz::head_of(input));
  return 0;
}
