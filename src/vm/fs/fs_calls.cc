#include "vm/fs/fs_calls.h"

#include "vm/fs/change_files.h"
#include "vm/fs/file_info.h"
#include "vm/fs/read_file.h"
#include "vm/fs/upload_files.h"
#include "vm/fs/write_file.h"
#include "wire/describe_files.h"

namespace wye::vm {
namespace {

using Change = Result<void> (*)(std::string_view body);

// Runs a call that changes files, and answers with the status and nothing else.
void register_change(ServedCalls& calls, std::string_view operation, FileThreads& threads, Change change,
                     int status) {
  calls.with_body(operation,
                  [&threads, change, status](std::string body) -> net::Task<Result<net::Response>> {
                    std::function<Result<bool>()> work = [change, body = std::move(body)]() -> Result<bool> {
                      const auto done = change(body);
                      return done ? Result<bool>(true) : done.error();
                    };
                    const auto done = co_await threads.run(std::move(work));
                    if (!done) co_return done.error();
                    co_return net::Response{.status = status, .headers = {}, .body = {}};
                  });
}

// Runs a call that describes what is at `?path=`.
template <class T>
void register_look(ServedCalls& calls, std::string_view operation, FileThreads& threads,
                   Result<T> (*look)(const VmPath&)) {
  calls.task(operation,
             [&threads, look](net::Exchange& exchange,
                              const net::PathParameters&) -> net::Task<Result<net::Response>> {
               const auto path = VmPath::parse(net::query_value(exchange.head().query(), "path"));
               if (!path) co_return path.error();
               std::function<Result<std::string>()> work = [look, path = *path]() -> Result<std::string> {
                 const auto found = look(path);
                 return found ? Result<std::string>(wire::to_text(*found)) : found.error();
               };
               auto text = co_await threads.run(std::move(work));
               if (!text) co_return text.error();
               co_return net::json_response(200, std::move(*text));
             });
}

void register_uploads(ServedCalls& calls, ArchiveCalls& archives) {
  calls.task("uploadFiles", [&archives](net::Exchange& exchange, const net::PathParameters&) {
    return upload_files(archives.threads, archives.home, exchange);
  });
  for (const auto& [operation, format] :
       {std::pair("uploadZip", ArchiveFormat::zip), std::pair("uploadZstd", ArchiveFormat::tar_zstd)})
    calls.task(operation, [&archives, its = format](net::Exchange& exchange, const net::PathParameters&) {
      return archives.upload(exchange, its);
    });
  for (const auto& [operation, format] : {std::pair("downloadDirZip", ArchiveFormat::zip),
                                          std::pair("downloadDirZstd", ArchiveFormat::tar_zstd)})
    calls.exchange(operation, [&archives, its = format](net::Exchange& exchange, const net::PathParameters&) {
      return archives.download(exchange, its);
    });
}

void register_watches(ServedCalls& calls, Watches& watches) {
  calls.with_body("startFsWatch", [&watches](std::string body) { return watches.start(std::move(body)); });
  calls.exchange("streamFsEvents",
                 [&watches](net::Exchange& exchange, const net::PathParameters& parameters) {
                   return watches.events(exchange, parameters[0]);
                 });
  calls.answer("stopFsWatch", [&watches](const net::RequestHead&, const net::PathParameters& parameters) {
    return watches.stop(parameters[0]);
  });
}

}  // namespace

void register_fs_calls(ServedCalls& calls, ArchiveCalls& archives, Watches& watches) {
  auto& threads = archives.threads;
  register_watches(calls, watches);
  register_uploads(calls, archives);
  register_change(calls, "createDirectory", threads, create_directory, 201);
  register_change(calls, "deleteFile", threads, delete_file, 200);
  register_change(calls, "deleteDirectory", threads, delete_directory, 200);
  register_change(calls, "movePath", threads, move_path, 200);
  register_change(calls, "setFilePermissions", threads, set_file_permissions, 200);
  register_look(calls, "fileInfo", threads, file_info);
  register_look(calls, "listFiles", threads, list_files);
  calls.exchange("readFile", [&threads](net::Exchange& exchange, const net::PathParameters&) {
    return read_file(threads, exchange);
  });
  calls.task("writeFile", [&threads](net::Exchange& exchange, const net::PathParameters&) {
    return write_file(threads, exchange);
  });
}

}  // namespace wye::vm
