#include "vm/curl/curl_extension.h"

#include <filesystem>

#include "base/beneath.h"
#include "base/try.h"
#include "vm/curl/json_fields.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kManifest = R"({
  "manifest_version": 3,
  "name": "Wye",
  "version": "1",
  "host_permissions": ["<all_urls>"]
})";
constexpr std::string_view kPage = "<!doctype html><meta charset=utf-8><title></title>";

bool write_extension(const std::string& directory) {
  const std::filesystem::path path(directory);
  const auto made = beneath::make_directory(path.parent_path(), path.filename(), 0755);
  return made && beneath::write(*made, "manifest.json", kManifest) &&
         beneath::write(*made, "page.html", kPage);
}

}  // namespace

net::Task<Result<std::string>> load_curl_extension(std::shared_ptr<CdpChannel> channel,
                                                   std::string directory) {
  if (!write_extension(directory))
    co_return Error{.kind = ErrorKind::internal,
                    .code = "internal_error",
                    .message = "the curl extension cannot be written"};
  WYE_CO_TRY(const auto loaded, co_await channel->call("Extensions.loadUnpacked", fields("path", directory)));
  co_return "chrome-extension://" + text_at(loaded, "id") + "/page.html";
}

}  // namespace wye::vm
