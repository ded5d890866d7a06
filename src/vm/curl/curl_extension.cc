#include "vm/curl/curl_extension.h"

#include <sys/stat.h>

#include <fstream>

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

bool write_file(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  return static_cast<bool>(out.flush());
}

}  // namespace

net::Task<Result<std::string>> load_curl_extension(std::shared_ptr<CdpChannel> channel,
                                                   std::string directory) {
  ::mkdir(directory.c_str(), 0755);
  if (!write_file(directory + "/manifest.json", kManifest) || !write_file(directory + "/page.html", kPage))
    co_return Error{.kind = ErrorKind::internal,
                    .code = "internal_error",
                    .message = "the curl extension cannot be written"};
  ::chmod(directory.c_str(), 0755);
  WYE_CO_TRY(const auto loaded, co_await channel->call("Extensions.loadUnpacked", fields("path", directory)));
  co_return "chrome-extension://" + text_at(loaded, "id") + "/page.html";
}

}  // namespace wye::vm
