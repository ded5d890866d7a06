#include "vm/fs/archive_process.h"

#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <string>

#include "base/try.h"
#include "vm/fs/archive_sandbox.h"
#include "vm/fs/unpack_archive.h"
#include "wire/http_status.h"

namespace wye::vm {
namespace {

void report(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto wrote = ::write(kReportFd, rest.data(), rest.size());
    if (wrote <= 0) return;  // nobody listens any longer
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

Result<void> work(int argc, char** argv) {
  WYE_CHECK(enter_archive_sandbox({.uid = std::atol(argv[2]), .gid = std::atol(argv[3])}));
  const bool packs = std::string_view(argv[4]) == "pack";
  const auto format = std::string_view(argv[5]) == "zip" ? ArchiveFormat::zip : ArchiveFormat::tar_zstd;
  const UniqueFd directory(kDirectoryFd);
  if (packs)
    return pack_archive(directory, format, std::atoi(argv[6]), kArchiveFd, [] { report("ready\n"); });
  UnpackInto into{
      .nearest = directory, .strip = static_cast<std::size_t>(std::atoi(argv[6])), .hidden = argv[7]};
  for (int at = 8; at < argc; ++at) into.missing.emplace_back(argv[at]);
  return unpack_archive(kArchiveFd, format, into);
}

}  // namespace

int archive_process_main(int argc, char** argv) {
  constexpr int kFewestWords = 7;
  if (argc < kFewestWords || (argc == kFewestWords && std::string_view(argv[4]) != "pack")) return 2;
  // A reader that goes away makes the write fail; a locale is how the library takes names as UTF-8.
  std::signal(SIGPIPE, SIG_IGN);
  std::setlocale(LC_CTYPE, "C.UTF-8");
  const auto done = work(argc, argv);
  if (done)
    report("done\n");
  else
    report(std::to_string(wire::http_status(done.error())) + "\n" + done.error().code + "\n" +
           done.error().message);
  return done ? 0 : 1;
}

}  // namespace wye::vm
