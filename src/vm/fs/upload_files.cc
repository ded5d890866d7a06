#include "vm/fs/upload_files.h"

#include <map>
#include <set>

#include "base/try.h"
#include "vm/fs/file_error.h"
#include "vm/fs/form_reader.h"
#include "vm/fs/new_file.h"
#include "vm/fs/upload_fields.h"

namespace wye::vm {
namespace {

constexpr mode_t kMode = 0644;

// Shared with the thread that works on it.
struct Item {
  std::optional<VmPath> path;
  std::optional<NewFile> file;
};
using Items = std::map<std::size_t, std::shared_ptr<Item>>;

std::size_t uploads = 0;  // of this agent, which has one io_context

// Counts an upload, whose files are open until all of it was read.
class Turn {
 public:
  Turn() { ++uploads; }
  ~Turn() { --uploads; }
  Turn(const Turn&) = delete;
};

// The path of a file of the form must not be a directory for another one: one of them would be placed, and
// the other could not.
Result<void> check_paths(const Items& items) {
  std::set<std::string> paths;
  for (const auto& [number, item] : items) paths.insert(item->path->text());
  for (const auto& [number, item] : items)
    for (auto above = item->path->parent(); above.text() != "/"; above = above.parent())
      if (paths.count(above.text()) > 0)
        return bad_file_request("not_a_directory",
                                above.text() + ": another file of the upload has this path");
  return {};
}

// Opens the file in its place, or at home while its path is not known.
net::Task<Result<bool>> begin_file(FileThreads& threads, VmPath home, std::shared_ptr<Item> item) {
  std::function<Result<bool>()> open = [home = std::move(home), item]() -> Result<bool> {
    auto file = item->path ? NewFile::open(*item->path, kMode) : NewFile::open_unplaced(home, kMode);
    if (!file) return file.error();
    item->file.emplace(std::move(*file));
    return true;
  };
  co_return co_await threads.run(std::move(open));
}

net::Task<Result<bool>> read_file_part(FormReader& form, NewFile& file) {
  for (;;) {
    WYE_CO_TRY(const auto bytes, co_await form.read());
    if (bytes.empty()) co_return true;
    WYE_CO_CHECK(file.write(bytes));
  }
}

net::Task<Result<bool>> read_path_part(FileThreads& threads, FormReader& form, std::shared_ptr<Item> item) {
  WYE_CO_TRY(const auto text, co_await form.read_text());
  WYE_CO_TRY(auto path, VmPath::parse(text, "dest_path"));
  item->path.emplace(std::move(path));
  if (!item->file) co_return true;
  std::function<Result<bool>()> place = [item]() -> Result<bool> {
    WYE_CHECK(item->file->place(*item->path));
    return true;
  };
  co_return co_await threads.run(std::move(place));
}

net::Task<Result<Items>> read_form(FileThreads& threads, VmPath home, FormReader& form) {
  UploadFields fields;
  Items items;
  for (;;) {
    WYE_CO_TRY(const auto more, co_await form.next_part());
    if (!more) break;
    WYE_CO_TRY(const auto field, fields.add(form.name()));
    if (!field) continue;  // its bytes are passed over
    auto& item = items[field->item];
    if (!item) item = std::make_shared<Item>();
    Result<bool> done = true;
    if (field->which == UploadFields::Which::dest_path) {
      done = co_await read_path_part(threads, form, item);
    } else {
      done = co_await begin_file(threads, home, item);
      if (done) done = co_await read_file_part(form, *item->file);
    }
    if (!done) co_return done.error();
  }
  WYE_CO_CHECK(fields.complete());
  WYE_CO_CHECK(check_paths(items));
  co_return items;
}

}  // namespace

net::Task<Result<net::Response>> upload_files(FileThreads& threads, VmPath home, net::Exchange& exchange) {
  if (uploads >= kMaxUploads) co_return try_again("too many uploads come in");
  const Turn turn;
  WYE_CO_TRY(auto form, FormReader::of(exchange));
  WYE_CO_TRY(auto items, co_await read_form(threads, std::move(home), form));
  std::function<Result<bool>()> commit = [items = std::move(items)]() -> Result<bool> {
    for (const auto& [number, item] : items) WYE_CHECK(item->file->commit());
    return true;
  };
  WYE_CO_TRY(const auto done [[maybe_unused]], co_await threads.run(std::move(commit)));
  co_return net::Response{.status = 201, .headers = {}, .body = {}};
}

}  // namespace wye::vm
