#include "vm/telemetry/collector/worlds.h"

#include <utility>

#include "vm/telemetry/collector/input_script.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr const char* kAddScript = "Page.addScriptToEvaluateOnNewDocument";

std::string page_error_script(const std::string& name) {
  std::string script(kPageErrorScript);
  script.replace(script.find("NAME"), 4, name);
  return script;
}

void evaluate(CdpPort& port, const std::string& session, std::int64_t context, std::string_view expression) {
  ObjectText params;
  params.text("expression", expression).number("contextId", context);
  port.send("Runtime.evaluate", std::move(params).finish(), session);  // refused: the document is gone
}

}  // namespace

Worlds::Worlds(Targets& targets, std::string error_event, Failed failed)
    : targets_(targets), error_event_(std::move(error_event)), failed_(std::move(failed)) {}

void Worlds::install(Target& target, bool inputs, bool errors, CdpPort& port) {
  const auto add = [&](std::string_view source, bool isolated, std::string Target::*id) {
    ObjectText params;
    params.text("source", source);
    if (isolated) params.text("worldName", kWorldName).flag("runImmediately", true);
    auto done = [this, alive = std::weak_ptr<int>(alive_), session = target.session,
                 id](Result<json::value> answer) {
      auto* added = alive.expired() ? nullptr : targets_.of_session(session);
      if (added == nullptr) return;
      if (answer && answer->is_object()) added->*id = text_at(answer->get_object(), "identifier");
      if (!answer && answer.error().code == "cdp_error") failed_(kAddScript, answer.error().message);
    };
    port.send(kAddScript, std::move(params).finish(), target.session, std::move(done));
  };
  std::string script(kInputScript);
  script += ";wye.begin(" + std::to_string(++installed_) + ")";
  if (inputs) script += ";wye.listen()";
  if (errors) script += ";wye.hear('" + error_event_ + "')";
  add(script, true, &Target::input_script);
  if (errors) add(page_error_script(error_event_), false, &Target::error_script);
  if (target.is_new) open(target, target.id, port);
  for (const auto& [id, frame] : target.frames) open(target, id, port);
}

void Worlds::open(Target& target, std::string_view frame_id, CdpPort& port) {
  ObjectText params;
  params.text("frameId", frame_id).text("worldName", kWorldName);
  auto done = [this, alive = std::weak_ptr<int>(alive_), session = target.session,
               frame = std::string(frame_id), &port](Result<json::value> answer) {
    if (alive.expired() || !answer || !answer->is_object()) return;  // the document is gone already
    opened(session, frame, integer_at(answer->get_object(), "executionContextId"), port);
  };
  port.send("Page.createIsolatedWorld", std::move(params).finish(), target.session, std::move(done));
}

void Worlds::opened(const std::string& session, const std::string& frame_id, std::int64_t context,
                    CdpPort& port) {
  auto* target = targets_.of_session(session);
  auto* frame = target != nullptr ? targets_.frame(*target, frame_id) : nullptr;
  if (frame == nullptr || context == 0 || frame->world == context) return;
  target->worlds.erase(frame->world);
  frame->world = context;
  target->worlds[context] = frame_id;
  ObjectText params;
  params.text("name", kInputBinding).number("executionContextId", context);
  port.send("Runtime.addBinding", std::move(params).finish(), session);  // refused: the document is gone
  evaluate(port, session, context, "wye.flush()");
}

void Worlds::uninstall(Target& target, CdpPort& port) {
  for (auto* id : {&target.input_script, &target.error_script}) {
    if (id->empty()) continue;
    std::string params = R"({"identifier":)";
    append_quoted(params, std::exchange(*id, {}));
    // A refusal means that the document is gone.
    port.send("Page.removeScriptToEvaluateOnNewDocument", params + "}", target.session);
  }
  for (const auto& [context, frame] : target.worlds) evaluate(port, target.session, context, "wye.stop()");
  target.worlds.clear();
  for (auto& [id, frame] : target.frames) frame.world = 0;
}

}  // namespace wye::vm
