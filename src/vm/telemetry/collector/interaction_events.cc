#include "vm/telemetry/collector/interaction_events.h"

#include <array>
#include <boost/json/value.hpp>
#include <utility>

#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {
namespace {

constexpr std::string_view kCategory = "interaction";

struct Member {
  std::string_view name;
  bool is_text;
};
struct Kind {
  std::string_view said, type;
  std::array<Member, 5> members;
  std::size_t count;
};
constexpr std::array<Kind, 3> kKinds{{
    {"click",
     "interaction_click",
     {{{"x", false}, {"y", false}, {"selector", true}, {"tag", true}, {"text", true}}},
     5},
    {"key", "interaction_key", {{{"key", true}, {"selector", true}, {"tag", true}}}, 3},
    {"scroll",
     "interaction_scroll_settled",
     {{{"from_x", false}, {"from_y", false}, {"to_x", false}, {"to_y", false}, {"target_selector", true}}},
     5},
}};

}  // namespace

void InteractionEvents::on_told(Target& target, std::string_view frame_id, const boost::json::array& told) {
  if (told.empty() || !told[0].is_string()) return;
  const std::string_view said = told[0].get_string();
  for (const auto& kind : kKinds) {
    if (kind.said != said || told.size() != kind.count + 1) continue;
    ObjectText data;
    data.members(context_of_frame(target, frame_id));
    for (std::size_t i = 0; i < kind.count; ++i) {
      const auto& value = told[i + 1];
      if (kind.members[i].is_text)
        data.text(kind.members[i].name,
                  value.is_string() ? std::string_view(value.get_string()) : std::string_view());
      else
        data.number(kind.members[i].name, value.is_int64() ? value.get_int64() : std::int64_t{0});
    }
    sink_.emit(kind.type, kCategory, "Runtime.bindingCalled", target, std::move(data).finish());
  }
}

}  // namespace wye::vm
