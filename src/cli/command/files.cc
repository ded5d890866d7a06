#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>

#include "base/try.h"
#include "cli/command.h"
#include "cli/events/event_line.h"
#include "cli/files/get_files.h"
#include "cli/files/put_files.h"
#include "cli/output.h"
#include "cli/stop_on_signal.h"
#include "cli/write_out.h"
#include "wire/describe_files.h"

namespace wye::cli {
namespace {

constexpr const char* kHome = "/home/kernel";
constexpr std::size_t kLongestName = 512, kLongestPath = 8192;

/// A command's client, browser and progress.
struct Context {
  Client client;
  std::string session_id;
  [[nodiscard]] Files files() const { return client.browsers().fs(); }
};

Result<Context> open(const Arguments& arguments) {
  auto client = make_client(arguments);
  WYE_TRY(const auto browser, client.browsers().retrieve(arguments.words[0]));  // teaches the route
  return Context{std::move(client), browser.session_id};
}

void notice(const std::string& text) {
  std::fprintf(stderr, "%s\n", dim(plain_text(text, kLongestName), 2).c_str());
}

// The last name of a path, whatever slashes end it.
std::string last_name(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

void print_files(const std::vector<FileInfo>& files) {
  std::vector<std::vector<std::string>> rows{{"MODE", "SIZE", "MODIFIED", "NAME"}};
  for (const auto& file : files)
    rows.push_back({plain_text(file.mode, 16), file.is_dir ? "-" : bytes_text(file.size_bytes),
                    plain_text(file.mod_time.substr(0, 19), 32),
                    plain_text(file.name, kLongestName) + (file.is_dir ? "/" : "")});
  print_table(rows);
}

int ls(const Arguments& arguments) {
  const auto context = open(arguments);
  if (!context) return fail(context.error());
  const auto path = arguments.words.size() > 1 ? arguments.words[1] : kHome;
  auto files = context->files().list(context->session_id, path);
  if (!files && files.error().code == "not_a_directory") {
    const auto file = context->files().info(context->session_id, path);
    if (!file) return fail(file.error());
    files = std::vector<FileInfo>{*file};
  }
  if (!files) return fail(files.error());
  if (wants_json(arguments))
    std::printf("%s\n", wire::to_text(*files).c_str());
  else
    print_files(*files);
  return 0;
}

// Ends a transfer: a line for programs, and for people where there was more than one file.
int finish(const Arguments& arguments, const Result<void>& done, const Progress& progress) {
  if (!done) return fail(done.error());
  if (wants_json(arguments))
    std::printf("%s\n", boost::json::serialize(
                            boost::json::object{{"files", progress.files()}, {"bytes", progress.bytes()}})
                            .c_str());
  else if (progress.files() > 1)
    notice(std::to_string(progress.files()) + " files, " + bytes_text(progress.bytes()));
  return 0;
}

bool shows_progress(const Arguments& arguments) {
  return ::isatty(STDERR_FILENO) != 0 && !wants_json(arguments);
}

bool is_local_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

int get(const Arguments& arguments) {
  const auto context = open(arguments);
  if (!context) return fail(context.error());
  const auto& remote = arguments.words[1];
  auto local = arguments.words.size() > 2 ? arguments.words[2] : ".";
  Progress progress(shows_progress(arguments));
  FileGetter getter(context->files(), context->session_id, progress, notice);
  if (local == "-") {
    const auto done = getter.get_bytes(remote, [](std::string_view bytes) { return write_out(bytes); });
    return done ? 0 : fail(done.error());
  }
  const auto info = context->files().info(context->session_id, remote);
  if (!info) return fail(info.error());
  if (is_local_directory(local)) local += '/' + last_name(remote);
  const bool executable = info->mode.size() > 3 && info->mode[3] == 'x';
  return finish(
      arguments,
      info->is_dir ? getter.get_directory(remote, local) : getter.get_file(remote, local, executable),
      progress);
}

// Returns where a file goes: into a directory that is there, else to the path itself.
Result<std::string> destination(const Context& context, const std::string& local, const std::string& remote) {
  const auto info = context.files().info(context.session_id, remote);
  if (info && info->is_dir)
    return remote_path(remote, last_name(std::filesystem::absolute(local).lexically_normal().string()));
  if (!info && info.error().code != "not_found") return info.error();
  return remote;
}

int put(const Arguments& arguments) {
  const auto& local = arguments.words[1];
  const bool is_input = local == "-";
  if (is_input && arguments.words.size() < 3)
    return fail_usage("standard input needs a path: wye files put ID - REMOTE");
  const auto context = open(arguments);
  if (!context) return fail(context.error());
  const auto given = arguments.words.size() > 2 ? arguments.words[2] : kHome;
  const auto remote = is_input ? Result<std::string>(given) : destination(*context, local, given);
  if (!remote) return fail(remote.error());
  const auto mode = arguments.get("mode");
  Progress progress(shows_progress(arguments));
  FilePutter putter(context->files(), context->session_id, progress, notice);
  if (is_input)
    return finish(arguments, putter.put_open(STDIN_FILENO, "standard input", {}, *remote, mode), progress);
  return finish(arguments,
                is_local_directory(local) ? putter.put_directory(local, *remote, mode)
                                          : putter.put_file(local, *remote, mode),
                progress);
}

int rm(const Arguments& arguments) {
  const auto context = open(arguments);
  if (!context) return fail(context.error());
  const auto files = context->files();
  for (std::size_t i = 1; i < arguments.words.size(); ++i) {
    const auto& path = arguments.words[i];
    const auto info = files.info(context->session_id, path);
    if (!info) return fail(info.error());
    if (info->is_dir && !arguments.has("recursive"))
      return fail({.kind = ErrorKind::invalid, .code = "is_a_directory", .message = path + " is a directory"},
                  "-r removes it with everything in it");
    const auto done = info->is_dir ? files.remove_directory(context->session_id, path)
                                   : files.remove_file(context->session_id, path);
    if (!done) return fail(done.error());
  }
  return 0;
}

/// A watch that ends with the command.
class Watch {
 public:
  Watch(Files files, std::string session_id, std::string id)
      : files_(std::move(files)), session_id_(std::move(session_id)), id_(std::move(id)) {}
  ~Watch() { (void)files_.stop_watch(session_id_, id_); }
  Watch(const Watch&) = delete;
  [[nodiscard]] Result<EventStream<FileEvent>> events(std::stop_token stop) const {
    return files_.watch_events(session_id_, id_, {.stop = std::move(stop)});
  }

 private:
  const Files files_;
  const std::string session_id_, id_;
};

Result<void> print_changes(EventStream<FileEvent>& changes, bool as_json) {
  for (const auto& change : changes) {
    if (!change) return change.error();
    WYE_CHECK(write_out(as_json
                            ? wire::to_text(*change) + "\n"
                            : plain_text(change->type, 16) + '\t' + plain_text(change->path, kLongestPath) +
                                  (change->is_dir.value_or(false) ? "/\n" : "\n")));
  }
  return {};
}

int watch(const Arguments& arguments) {
  const StopOnSignal stop;
  const auto context = open(arguments);
  if (!context) return fail(context.error());
  const auto id = context->files().start_watch(context->session_id, arguments.words[1],
                                               arguments.has("recursive"), {.stop = stop.token()});
  if (!id) return stop.exit_code() != 0 ? stop.exit_code() : fail(id.error());
  const Watch watch(context->files(), context->session_id, *id);
  auto changes = watch.events(stop.token());
  if (changes) notice("watching " + arguments.words[1] + "; Ctrl-C ends it");
  const auto done = changes ? print_changes(*changes, wants_json(arguments)) : Result<void>(changes.error());
  if (changes && changes->dropped() > 0)
    notice(std::to_string(changes->dropped()) + " changes came too fast and were left out");
  return stop.exit_code() != 0 ? stop.exit_code() : done ? 0 : fail(done.error());
}

int checked(const Arguments& arguments, int (*run)(const Arguments&)) {
  const auto output = check_output(arguments);
  return output ? run(arguments) : fail_usage(output.error().message);
}

}  // namespace

std::vector<Command> files_commands() {
  return {
      {.name = "files ls",
       .parameters = "ID|NAME [PATH]",
       .summary = "what is in a directory of the browser's VM",
       .details = "  wye files ls checkout-1                     # /home/kernel\n"
                  "  wye files ls checkout-1 /tmp -o json | jq -r '.[].path'\n",
       .options = with_client_options({}),
       .min_words = 1,
       .max_words = 2,
       .run = [](const Arguments& arguments) { return checked(arguments, ls); }},
      {.name = "files get",
       .parameters = "ID|NAME REMOTE [LOCAL|-]",
       .summary = "fetch a file or directory of the VM",
       .details = "  wye files get checkout-1 /home/kernel/Downloads/report.pdf\n"
                  "  wye files get checkout-1 /home/kernel/user-data profile     # a directory, with "
                  "everything in it\n"
                  "  wye files get checkout-1 /tmp/app.log - | tail\n\n"
                  "A transfer that was cut off goes on where it was, at once and at the next call, as long "
                  "as the file is the same;\n"
                  "until it is whole it is called LOCAL.….part. Links and special files are left out.\n",
       .options = with_client_options({}),
       .min_words = 2,
       .max_words = 3,
       .run = [](const Arguments& arguments) { return checked(arguments, get); }},
      {.name = "files put",
       .parameters = "ID|NAME LOCAL|- [REMOTE]",
       .summary = "write a file or directory to the VM",
       .details = "  wye files put checkout-1 photo.jpg                      # into /home/kernel\n"
                  "  wye files put checkout-1 fixtures /tmp                  # a directory: /tmp/fixtures\n"
                  "  tar c . | wye files put checkout-1 - /tmp/all.tar\n\n"
                  "A REMOTE that is a directory gets it in itself. Files keep their modes; directories above "
                  "them are made. A file has\n"
                  "its name once all of it is there.\n",
       .options =
           with_client_options({{"mode", 0, "OCTAL", "who may do what (default: as here; 644 for -)"}}),
       .min_words = 2,
       .max_words = 3,
       .run = [](const Arguments& arguments) { return checked(arguments, put); }},
      {.name = "files rm",
       .parameters = "ID|NAME PATH …",
       .summary = "remove files of the VM",
       .details = "  wye files rm checkout-1 /tmp/app.log\n  wye files rm checkout-1 /tmp/fixtures -r\n",
       .options = with_client_options({{"recursive", 'r', "", "directories, too, with everything in them"}}),
       .min_words = 2,
       .max_words = 1000,
       .run = [](const Arguments& arguments) { return checked(arguments, rm); }},
      {.name = "files watch",
       .parameters = "ID|NAME DIRECTORY",
       .summary = "changes in a directory of the VM, as they happen",
       .details =
           "  wye files watch checkout-1 /home/kernel/Downloads\n"
           "  wye files watch checkout-1 /tmp -r -o json | jq -r 'select(.type == \"CREATE\") | .path'\n\n"
           "One line a change: CREATE, WRITE, DELETE or RENAME, and the path. Ends with the browser, "
           "or by Ctrl-C.\n",
       .options = with_client_options({{"recursive", 'r', "", "and in those below it"}}),
       .min_words = 2,
       .max_words = 2,
       .run = [](const Arguments& arguments) { return checked(arguments, watch); }}};
}

}  // namespace wye::cli
