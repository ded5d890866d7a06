#include "wire/vm_calls.h"

namespace wye::wire {
namespace {

std::string place(const VmCall& call) {
  const std::string tail(call.tail);
  switch (call.reach) {
    case Reach::anywhere:
      return "`{base_url}`, `/browsers/{id}`";
    case Reach::base_url:
      return "`{base_url}`";
    case Reach::control_plane:
      return "`/browsers/{id}`";
    case Reach::own_origin:
      return "the metro";
    case Reach::agent:
      break;
  }
  return "the agent";
}

std::string_view patience(const VmCall& call) {
  switch (call.patience) {
    case Patience::ordinary:
      return "50 s";
    case Patience::brief:
      return "10 s";
    case Patience::heartbeat:
      break;
  }
  return "heartbeat";
}

std::string_view use(const VmCall& call) {
  switch (call.use) {
    case Use::hold:
      return "holds";
    case Use::touch:
      return "touches";
    case Use::none:
      break;
  }
  return "–";
}

std::string event(const VmCall& call) {
  if (call.told == Told::nothing) return "–";
  return (call.told == Told::api_call ? "`api_call` `" : "`platform_api_call` `") +
         std::string(call.operation) + "`";
}

std::string notes(const VmCall& call) {
  std::string out;
  const auto add = [&](bool is_so, std::string_view text) {
    if (!is_so) return;
    if (!out.empty()) out += "; ";
    out += text;
  };
  add(call.falls_back, "falls back");
  add(call.archived, "archived");
  add(call.repeats, "not to be sent again");
  add(call.raw, "the target's own answer");
  add(call.sets_telemetry, "shows in the Browser object");
  add(call.lists_targets, "addresses get the token");
  return out;
}

void add_row(std::string& out, const VmCall& call) {
  const bool any = call.method == "*";
  out +=
      "| `" + (any ? std::string("any") : std::string(call.method)) + " " + std::string(call.tail) + "` | ";
  out += place(call) + " | " + (call.direct.empty() ? "–" : "`" + std::string(call.direct) + "`") + " | ";
  out.append(patience(call)).append(" | ").append(use(call)).append(" | ");
  out += event(call) + " | " + notes(call) + " |\n";
}

constexpr std::string_view kHead =
    "| call | asked at | default allow list | head within | idle timer | event | notes |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n";

}  // namespace

std::string vm_calls_reference(const VmCalls& calls) {
  std::string here = "## Served by this version\n\n",
              later = "\n## Known, and answered with 501 `not_implemented`\n\n";
  here += kHead;
  later += kHead;
  for (const auto& call : calls.rows()) add_row(call.served ? here : later, call);
  return here + later;
}

}  // namespace wye::wire
