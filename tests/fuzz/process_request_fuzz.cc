// The bodies of calls about processes: what is taken can be given to the kernel as it is.
#include "invariant.h"
#include "vm/command/command_mark.h"
#include "vm/process/process_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  const vm::VmUsers users{.uid = 1000, .gid = 1000, .home = "/home/kernel"};
  const std::string_view body = fuzz::Input(data, size).rest();
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  for (const auto& call : {vm::read_exec(users, body), vm::read_spawn(users, body)}) {
    if (!call) continue;
    WYE_INVARIANT(!call->spec.words.empty() && !call->spec.words.front().empty());
    for (const auto& word : call->spec.words) WYE_INVARIANT(!has_nul(word));
    for (const auto& [name, value] : call->spec.env)
      WYE_INVARIANT(!name.empty() && !has_nul(name + value) && name.find('=') == std::string::npos);
    WYE_INVARIANT(call->spec.directory.empty() || call->spec.directory.front() == '/');
    WYE_INVARIANT(!call->timeout || call->timeout->count() >= 1);
  }
  if (const auto resized = vm::read_resize(body)) WYE_INVARIANT(resized->rows > 0 && resized->columns > 0);
  if (const auto message = vm::read_attach_message(body); message && *message)
    WYE_INVARIANT((*message)->rows > 0 && (*message)->columns > 0);
  if (const auto number = vm::read_kill(body)) WYE_INVARIANT(*number > 0);
  (void)vm::read_stdin(body);
  (void)vm::is_uuid(body);
  if (const auto mark = vm::find_command_mark(body)) WYE_INVARIANT(*mark != 0);
  return 0;
}
