#include "vm/telemetry/collector/target.h"

#include <utility>

#include "events/make_record.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

std::string_view target_type(std::string_view kind) {
  for (const std::string_view known : {"page", "background_page", "service_worker", "shared_worker"})
    if (kind == known) return known;
  return "other";
}

std::string context_text(const Target& target, std::string_view frame_id, std::string_view loader_id,
                         std::string_view url) {
  ObjectText out;
  out.text("session_id", target.session)
      .text("target_id", target.id)
      .text("target_type", target_type(target.kind))
      .number("nav_seq", target.root->nav_seq)
      .text_if("frame_id", frame_id)
      .text_if("loader_id", loader_id)
      .text_if("url", url);
  return std::move(out).finish();
}

std::string context_of_frame(const Target& target, std::string_view frame_id) {
  if (!target.has_documents()) return context_text(target, "", "", target.url);
  const std::string_view id = frame_id.empty() ? std::string_view(target.id) : frame_id;
  const auto found = target.frames.find(id);
  if (found == target.frames.end()) return context_text(target, id, "", target.url);
  return context_text(target, id, found->second.loader_id, found->second.url);
}

Target* Targets::add(Target target, Target* parent) {
  if (by_session_.size() >= kMaxTargets || by_id_.find(target.id) != by_id_.end()) return nullptr;
  auto kept = std::make_unique<Target>(std::move(target));
  auto* raw = kept.get();
  raw->parent = parent;
  raw->root = parent != nullptr ? parent->root : raw;
  by_id_[raw->id] = raw;
  by_session_[raw->session] = std::move(kept);
  return raw;
}

Target* Targets::of_session(std::string_view session) {
  const auto found = by_session_.find(session);
  return found == by_session_.end() ? nullptr : found->second.get();
}

Target* Targets::of_id(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void Targets::remove(Target& target, const std::function<void(Target&)>& before) {
  std::vector<Target*> going{&target};
  for (std::size_t i = 0; i < going.size(); ++i)
    for (auto& [session, other] : by_session_)
      if (other->parent == going[i]) going.push_back(other.get());
  for (auto at = going.rbegin(); at != going.rend(); ++at) {  // parts before what they are part of
    before(**at);
    frames_ -= (*at)->frames.size();
    contexts_ -= (*at)->contexts.size();
    by_id_.erase((*at)->id);
    by_session_.erase(std::string((*at)->session));
  }
}

void Targets::clear() {
  by_id_.clear();
  by_session_.clear();
  frames_ = contexts_ = 0;
}

void Targets::for_each(const std::function<void(Target&)>& call) {
  for (auto& [session, target] : by_session_) call(*target);
}

Frame* Targets::frame(Target& target, std::string_view id) {
  if (const auto found = target.frames.find(id); found != target.frames.end()) return &found->second;
  if (frames_ >= kMaxFrames) return nullptr;
  ++frames_;
  return &target.frames[std::string(id)];
}

void Targets::drop_frame(Target& target, std::string_view id) {
  const auto found = target.frames.find(id);
  if (found == target.frames.end()) return;
  target.worlds.erase(found->second.world);
  target.frames.erase(found);
  --frames_;
}

void Targets::drop_frames(Target& target) {
  frames_ -= target.frames.size();
  target.frames.clear();
  target.worlds.clear();
}

void Targets::add_context(Target& target, std::int64_t context, std::string_view frame) {
  if (contexts_ < kMaxContexts && target.contexts.emplace(context, std::string(frame)).second) ++contexts_;
}

void Targets::drop_context(Target& target, std::int64_t context) {
  contexts_ -= target.contexts.erase(context);
}

void Targets::clear_contexts(Target& target) {
  contexts_ -= target.contexts.size();
  target.contexts.clear();
}

}  // namespace wye::vm
