#include "vm/telemetry/collector/page_events.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "events/make_record.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kCategory = "page";
constexpr double kMillis = 1000;  // DevTools' timestamps are in seconds

// Tells whether a document was loaded before we listened, in a page that we have seen from its beginning. The
// blank document of a new page does not count.
bool is_untold(const Target& target, const json::object& frame) {
  const auto url = text_at(frame, "url");
  if (url.empty() || url == ":" || url == "about:blank") return false;
  const auto known = target.frames.find(text_at(frame, "id"));
  return known == target.frames.end() || known->second.loader_id.empty();
}

// DevTools repeats how far a document has come that began before we listened; `already` tells whether that
// was reported.
bool is_told_by_lifecycle(const Target& target, bool already) {
  const bool is_unknown = target.is_new && target.documents_asked && target.nav_seq == 0;
  return is_unknown || (target.began_unheard && already);
}

}  // namespace

void PageEvents::on_attached(Target& target) {
  if (!target.is_page()) return;
  const auto opened = std::exchange(opened_url_, {});
  if (!target.is_new || !sink_.admits(kCategory)) return;
  ObjectText data;
  data.text("target_id", target.id)
      .text("target_type", target_type(target.kind))
      .text("url", target.url.empty() ? opened : target.url)
      .text_if("title", target.title)
      .text_if("opener_id", target.opener);
  sink_.emit("page_tab_opened", kCategory, "Target.attachedToTarget", target, std::move(data).finish());
}

void PageEvents::on_window_open(const json::object& params) { opened_url_ = text_at(params, "url"); }

void PageEvents::take_document(Target& target, const json::object& frame) {
  const auto id = text_at(frame, "id");
  if (id == target.id) targets_.drop_frames(target);  // everything in the old document is gone with it
  if (auto* kept = targets_.frame(target, id)) {
    kept->url = events::cut_text(text_at(frame, "url"), Targets::kMaxFrameUrl);
    kept->loader_id = text_at(frame, "loaderId");
  }
  if (id == target.id) target.url = events::cut_text(text_at(frame, "url"), Targets::kMaxFrameUrl);
}

void PageEvents::on_frame_navigated(Target& target, const json::object& params) {
  const auto& frame = object_at(params, "frame");
  const auto known = target.frames.find(text_at(frame, "id"));
  const bool is_told = target.began_unheard && known != target.frames.end() &&
                       known->second.loader_id == text_at(frame, "loaderId");
  if (!is_told) tell_navigation(target, frame, "Page.frameNavigated");
}

void PageEvents::tell_navigation(Target& target, const json::object& frame, std::string_view seen) {
  const auto id = text_at(frame, "id"), parent = text_at(frame, "parentId");
  take_document(target, frame);
  if (parent.empty() && target.root == &target) {
    ++target.nav_seq;
    target.dom_content_loaded = target.loaded = target.layout_settled = target.began_unheard = false;
    sink_.deadlines().clear({Deadlines::What::layout_settled, target.id});
  }
  if (!sink_.admits(kCategory)) return;
  ObjectText data;
  data.text("url", text_at(frame, "url"))
      .text("frame_id", id)
      .text("loader_id", text_at(frame, "loaderId"))
      .text("session_id", target.session)
      .text("target_id", target.id)
      .text("target_type", target_type(target.kind))
      .text_if("parent_frame_id", parent);
  sink_.emit("page_navigation", kCategory, seen, target, std::move(data).finish());
}

bool PageEvents::on_frame_tree(Target& target, const json::object& result) {
  const auto before = target.nav_seq;
  target.documents_asked = false;
  std::vector<const json::object*> left{&object_at(result, "frameTree")};
  while (!left.empty()) {
    const auto& tree = *left.back();
    left.pop_back();
    const auto& frame = object_at(tree, "frame");
    if (frame.empty()) continue;
    if (!target.is_new)
      take_document(target, frame);
    else if (is_untold(target, frame))
      tell_navigation(target, frame, "Page.getFrameTree");
    if (const auto* children = tree.if_contains("childFrames"); children != nullptr && children->is_array())
      for (const auto& child : children->get_array())
        if (child.is_object()) left.push_back(&child.get_object());
  }
  target.began_unheard = target.nav_seq != before;
  return target.began_unheard;
}

void PageEvents::on_frame_detached(Target& target, const json::object& params) {
  targets_.drop_frame(target, text_at(params, "frameId"));
}

void PageEvents::on_lifecycle(Target& target, const json::object& params) {
  const auto found = target.frames.find(target.id);
  const bool is_root = found != target.frames.end() && text_at(params, "frameId") == target.id &&
                       text_at(params, "loaderId") == found->second.loader_id;
  if (!target.began_unheard || !is_root) return;
  const auto name = text_at(params, "name");
  if (name == "DOMContentLoaded") on_dom_content_loaded(target, params, "Page.lifecycleEvent");
  if (name == "load") on_load(target, params, "Page.lifecycleEvent");
}

void PageEvents::on_dom_content_loaded(Target& target, const json::object& params, std::string_view seen) {
  if (!target.is_page() || is_told_by_lifecycle(target, target.dom_content_loaded)) return;
  target.dom_content_loaded = true;
  if (!sink_.admits(kCategory)) return;
  ObjectText data;
  data.members(context_of_frame(target, "")).number("cdp_timestamp", number_at(params, "timestamp"));
  sink_.emit("page_dom_content_loaded", kCategory, seen, target, std::move(data).finish());
}

void PageEvents::on_load(Target& target, const json::object& params, std::string_view seen) {
  if (!target.is_page() || is_told_by_lifecycle(target, target.loaded)) return;
  target.loaded = true;
  begin_settling(target);
  if (!sink_.admits(kCategory)) return;
  ObjectText data;
  data.members(context_of_frame(target, "")).number("cdp_timestamp", number_at(params, "timestamp"));
  sink_.emit("page_load", kCategory, seen, target, std::move(data).finish());
}

void PageEvents::begin_settling(Target& root) {
  if (root.loaded && !root.layout_settled && sink_.wants(kCategory))
    sink_.deadlines().set({Deadlines::What::layout_settled, root.id}, sink_.now() + kSettledAfter);
}

void PageEvents::on_layout_settled(Target& root) {
  root.layout_settled = true;
  if (!sink_.admits(kCategory)) return;
  constexpr std::string_view kSeen = "PerformanceTimeline.timelineEventAdded";
  const auto context = context_of_frame(root, "");
  sink_.emit("page_layout_settled", kCategory, kSeen, root, context);
  if (root.dom_content_loaded) sink_.emit("page_navigation_settled", kCategory, kSeen, root, context);
}

void PageEvents::on_timeline(Target& target, const json::object& params) {
  const auto& event = object_at(params, "event");
  const auto type = text_at(event, "type");
  if (type == "layout-shift") begin_settling(*target.root);
  if (!sink_.admits(kCategory)) return;
  if (type == "layout-shift") tell_shift(target, event);
  if (type == "largest-contentful-paint") tell_paint(target, event);
}

void PageEvents::tell_shift(const Target& target, const json::object& event) {
  const auto& seen = object_at(event, "layoutShiftDetails");
  const auto frame = text_at(event, "frameId");
  ObjectText details, data;
  details.number("value", number_at(seen, "value")).flag("had_recent_input", flag_at(seen, "hadRecentInput"));
  data.members(context_of_frame(target, frame))
      .text("source_frame_id", frame)
      .number("time", number_at(event, "time") * kMillis)
      .number("duration", number_at(event, "duration") * kMillis)
      .raw("layout_shift_details", std::move(details).finish());
  sink_.emit("page_layout_shift", kCategory, "PerformanceTimeline.timelineEventAdded", target,
             std::move(data).finish());
}

void PageEvents::tell_paint(const Target& target, const json::object& event) {
  const auto& seen = object_at(event, "lcpDetails");
  const auto frame = text_at(event, "frameId");
  ObjectText details, data;
  details.number("render_time", number_at(seen, "renderTime") * kMillis)
      .number("load_time", number_at(seen, "loadTime") * kMillis)
      .number("size", number_at(seen, "size"))
      .text_if("element_id", text_at(seen, "elementId"))
      .text_if("url", text_at(seen, "url"));
  if (seen.contains("nodeId")) details.number("node_id", integer_at(seen, "nodeId"));
  data.members(context_of_frame(target, frame))
      .text("source_frame_id", frame)
      .number("time", number_at(event, "time") * kMillis)
      .raw("lcp_details", std::move(details).finish());
  sink_.emit("page_lcp", kCategory, "PerformanceTimeline.timelineEventAdded", target,
             std::move(data).finish());
}

void PageEvents::on_crashed(const Target& target) {
  if (!target.is_page() || !sink_.admits(kCategory)) return;
  ObjectText data;
  data.text("target_id", target.id).text("target_type", target_type(target.kind)).text("url", target.url);
  sink_.emit("page_crashed", kCategory, "Target.targetCrashed", target, std::move(data).finish());
}

}  // namespace wye::vm
