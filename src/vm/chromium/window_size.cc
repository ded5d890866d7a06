#include "vm/chromium/window_size.h"

#include <set>

#include "base/try.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxWindows = 256;

std::vector<std::string> pages_of(const json::value& answer) {
  std::vector<std::string> out;
  const auto* infos = answer.is_object() ? answer.get_object().if_contains("targetInfos") : nullptr;
  if (infos == nullptr || !infos->is_array()) return out;
  for (const auto& info : infos->get_array()) {
    const auto* object = info.if_object();
    const auto* type = object != nullptr ? object->if_contains("type") : nullptr;
    const auto* id = object != nullptr ? object->if_contains("targetId") : nullptr;
    if (type != nullptr && *type == "page" && id != nullptr && id->is_string())
      out.emplace_back(id->get_string());
  }
  return out;
}

}  // namespace

net::Task<Result<void>> set_window_sizes(std::shared_ptr<CdpPipe> pipe, int width, int height) {
  json::object nothing;
  WYE_CO_TRY(const auto targets, co_await pipe->call("Target.getTargets", std::move(nothing), ""));
  std::set<std::int64_t> done;
  for (const auto& target : pages_of(targets)) {
    if (done.size() >= kMaxWindows) break;
    json::object which;
    which["targetId"] = target;
    const auto window = co_await pipe->call("Browser.getWindowForTarget", std::move(which), "");
    const auto* id = window && window->is_object() ? window->get_object().if_contains("windowId") : nullptr;
    // The page has been closed, or has no window, such as curl's hidden page.
    if (id == nullptr || !id->is_int64() || !done.insert(id->get_int64()).second) continue;
    json::object bounds;
    bounds["width"] = width;
    bounds["height"] = height;
    json::object wanted;
    wanted["windowId"] = id->get_int64();
    wanted["bounds"] = std::move(bounds);
    const auto set = co_await pipe->call("Browser.setWindowBounds", std::move(wanted), "");
    if (!set) co_return set.error();
  }
  co_return Result<void>();
}

}  // namespace wye::vm
