#include "base/try.h"
#include "sdk/answer.h"
#include "sdk/content_range.h"
#include "sdk/paths.h"
#include "sdk/typed_events.h"
#include "wire/describe_files.h"
#include "wye/browser_files.h"

namespace wye {

using sdk::browser_path;

namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;
constexpr int kPartialContent = 206;

std::string path_query(const std::string& path) {
  sdk::Query query;
  query.add("path", std::optional(path));
  return query.suffix();
}

Result<RouteInfo> done(Result<Response> answer) {
  if (!answer) return answer.error();
  return std::move(answer->route);
}

Result<RouteInfo> put(ClientCore& core, Result<std::string> path, std::string body, const CallOptions& call) {
  if (!path) return path.error();
  return done(core.expect_success(sdk::json_request("PUT", std::move(*path), std::move(body)), call));
}

std::string range_of(const FilePart& part) {
  std::string out = "bytes=" + std::to_string(part.first) + '-';
  if (part.length) out += std::to_string(part.first + *part.length - 1);
  return out;
}

Result<void> check_part(const FilePart& part) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  if (part.first >= 0 && (!part.length || (*part.length >= 1 && *part.length <= kMost - part.first)))
    return {};
  return Error{.kind = ErrorKind::invalid,
               .code = "bad_request",
               .message = "a part begins at 0 or later and has at least one byte"};
}

Error bad_range() {
  return {.kind = ErrorKind::internal,
          .code = "bad_answer",
          .message = "the server's answer does not say which part of the file it holds"};
}

// Takes the answer to `part`: it, or the whole file where it has changed or the server knows no parts.
Result<FileDownload> download_of(ResponseStream stream, const FilePart& part) {
  auto tag = std::string(header(stream.headers(), "ETag"));
  if (stream.status() != kPartialContent) {
    const auto size = sdk::read_count(header(stream.headers(), "Content-Length"));
    if (!size) return bad_range();
    return FileDownload(std::move(stream), 0, *size, std::move(tag));
  }
  const auto range = sdk::read_content_range(header(stream.headers(), "Content-Range"));
  if (!range || range->first != part.first) return bad_range();
  return FileDownload(std::move(stream), range->first, range->size, std::move(tag));
}

// Opens an answer whose body is bytes; any status but 2xx is its error.
Result<ResponseStream> open_bytes(ClientCore& core, const Request& request, const CallOptions& call) {
  WYE_TRY(auto opened, core.open(request, call, true));
  if (opened.status() >= 200 && opened.status() < 300) return opened;
  const auto body = sdk::read_whole(opened, kMaxErrorBody);
  return core.error_of(opened.status(), opened.headers(), body ? *body : "");
}

}  // namespace

Files Browsers::fs() const { return Files(core_); }

Result<Reached<FileInfo>> Files::info(const std::string& id_or_name, const std::string& path,
                                      CallOptions call) const {
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/file_info" + path_query(path)));
  return sdk::decode<FileInfo>(core_->expect_success({.method = "GET", .path = std::move(target)}, call));
}

Result<std::vector<FileInfo>> Files::list(const std::string& id_or_name, const std::string& path,
                                          CallOptions call) const {
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/list_files" + path_query(path)));
  WYE_TRY(const auto answer, core_->expect_success({.method = "GET", .path = std::move(target)}, call));
  if (answer.body == "null") return std::vector<FileInfo>();  // an empty directory of an original server
  auto all = wire::from_text_array<FileInfo>(answer.body);
  if (!all) return sdk::bad_answer(answer, all.error());
  return all;
}

Result<RouteInfo> Files::create_directory(const std::string& id_or_name, const std::string& path,
                                          std::optional<std::string> mode, CallOptions call) const {
  return put(*core_, browser_path(id_or_name, "/fs/create_directory"),
             wire::to_text(wire::PathBody{path, std::move(mode)}), call);
}

Result<RouteInfo> Files::remove_file(const std::string& id_or_name, const std::string& path,
                                     CallOptions call) const {
  return put(*core_, browser_path(id_or_name, "/fs/delete_file"), wire::to_text(wire::PathBody{path, {}}),
             call);
}

Result<RouteInfo> Files::remove_directory(const std::string& id_or_name, const std::string& path,
                                          CallOptions call) const {
  return put(*core_, browser_path(id_or_name, "/fs/delete_directory"),
             wire::to_text(wire::PathBody{path, {}}), call);
}

Result<RouteInfo> Files::move(const std::string& id_or_name, const std::string& from, const std::string& to,
                              CallOptions call) const {
  return put(*core_, browser_path(id_or_name, "/fs/move"), wire::to_text(wire::MoveBody{from, to}), call);
}

Result<RouteInfo> Files::set_permissions(const std::string& id_or_name, const FilePermissions& permissions,
                                         CallOptions call) const {
  const wire::PermissionsBody body{permissions.path, permissions.mode, permissions.owner, permissions.group};
  return put(*core_, browser_path(id_or_name, "/fs/set_file_permissions"), wire::to_text(body), call);
}

Result<FileDownload> Files::read(const std::string& id_or_name, const std::string& path, const FilePart& part,
                                 CallOptions call) const {
  WYE_CHECK(check_part(part));
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/read_file" + path_query(path)));
  Request request{.method = "GET", .path = std::move(target)};
  if (part.first > 0 || part.length) {
    request.headers.emplace_back("Range", range_of(part));
    if (!part.tag.empty()) request.headers.emplace_back("If-Range", part.tag);
  }
  WYE_TRY(auto opened, open_bytes(*core_, request, call));
  return download_of(std::move(opened), part);
}

Result<RouteInfo> Files::write(const std::string& id_or_name, const FileWrite& file, CallOptions call) const {
  sdk::Query query;
  query.add("path", std::optional(file.path));
  query.add("mode", file.mode);
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/write_file" + query.suffix()));
  return done(core_->expect_success({.method = "PUT",
                                     .path = std::move(target),
                                     .headers = {{"Content-Type", "application/octet-stream"}},
                                     .body = file.body,
                                     .body_stream = file.body_stream},
                                    call));
}

Result<std::string> Files::start_watch(const std::string& id_or_name, const std::string& path, bool recursive,
                                       CallOptions call) const {
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/watch"));
  const auto body = wire::to_text(wire::WatchBody{path, recursive});
  WYE_TRY(const auto answer, core_->expect_success(sdk::json_request("POST", std::move(target), body), call));
  WYE_TRY(auto watch, sdk::decode<wire::WatchAnswer>(answer));
  if (watch.watch_id.empty()) return sdk::bad_answer(answer, {.message = "watch_id is missing"});
  return std::move(watch.watch_id);
}

Result<EventStream<FileEvent>> Files::watch_events(const std::string& id_or_name, const std::string& watch_id,
                                                   CallOptions call) const {
  WYE_TRY(const auto segment, sdk::path_segment(watch_id, "a watch is named by its id"));
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/watch/" + segment + "/events"));
  const auto read = [](const std::string& data) -> Result<std::optional<FileEvent>> {
    WYE_TRY(auto event, wire::from_text<FileEvent>(data));
    return std::optional(std::move(event));
  };
  return sdk::open_stream<FileEvent>(core_, std::move(target), {.read = read}, call);
}

Result<RouteInfo> Files::stop_watch(const std::string& id_or_name, const std::string& watch_id,
                                    CallOptions call) const {
  WYE_TRY(const auto segment, sdk::path_segment(watch_id, "a watch is named by its id"));
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/watch/" + segment));
  return done(core_->expect_success({.method = "DELETE", .path = std::move(target)}, call));
}

Result<ResponseStream> Files::download_zip(const std::string& id_or_name, const std::string& path,
                                           CallOptions call) const {
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/download_dir_zip" + path_query(path)));
  return open_bytes(*core_, {.method = "GET", .path = std::move(target)}, call);
}

Result<ResponseStream> Files::download_zstd(const std::string& id_or_name, const std::string& path,
                                            std::optional<std::string> level, CallOptions call) const {
  sdk::Query query;
  query.add("path", std::optional(path));
  query.add("compression_level", level);
  WYE_TRY(auto target, browser_path(id_or_name, "/fs/download_dir_zstd" + query.suffix()));
  return open_bytes(*core_, {.method = "GET", .path = std::move(target)}, call);
}

}  // namespace wye
