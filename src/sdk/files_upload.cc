#include "base/try.h"
#include "sdk/client_core.h"
#include "sdk/multipart.h"
#include "sdk/paths.h"
#include "wye/browser_files.h"

namespace wye {

using sdk::browser_path;
using sdk::FormPart;

namespace {

Result<RouteInfo> send_form(ClientCore& core, Result<std::string> path, std::vector<FormPart> parts,
                            const CallOptions& call) {
  if (!path) return path.error();
  WYE_TRY(auto answer,
          core.expect_success(sdk::form_request(std::move(*path), std::move(parts), core.random()), call));
  return std::move(answer.route);
}

FormPart file_part(std::string name, const std::string& body, const BodySource& body_stream) {
  return {.name = std::move(name), .value = body_stream ? "" : body, .stream = body_stream, .is_file = true};
}

}  // namespace

Result<RouteInfo> Files::upload(const std::string& id_or_name, const std::vector<FileUpload>& files,
                                CallOptions call) const {
  std::vector<FormPart> parts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto item = "files[" + std::to_string(i) + "]";
    parts.push_back({.name = item + "[dest_path]", .value = files[i].dest_path});
    parts.push_back(file_part(item + "[file]", files[i].body, files[i].body_stream));
  }
  return send_form(*core_, browser_path(id_or_name, "/fs/upload"), std::move(parts), call);
}

Result<RouteInfo> Files::upload_zip(const std::string& id_or_name, const ArchiveUpload& archive,
                                    CallOptions call) const {
  return send_form(*core_, browser_path(id_or_name, "/fs/upload_zip"),
                   {{.name = "dest_path", .value = archive.dest_path},
                    file_part("zip_file", archive.body, archive.body_stream)},
                   call);
}

Result<RouteInfo> Files::upload_zstd(const std::string& id_or_name, const ArchiveUpload& archive,
                                     std::int64_t strip_components, CallOptions call) const {
  return send_form(*core_, browser_path(id_or_name, "/fs/upload_zstd"),
                   {{.name = "dest_path", .value = archive.dest_path},
                    {.name = "strip_components", .value = std::to_string(strip_components)},
                    file_part("archive", archive.body, archive.body_stream)},
                   call);
}

}  // namespace wye
