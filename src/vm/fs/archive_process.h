#pragma once

namespace wye::vm {

// The process that reads and writes archives, which are hostile bytes: `wye-vm --archive …`, started by the
// agent for one archive.

/// Its first word; `main` calls `archive_process_main` then.
inline constexpr const char* kArchiveWord = "--archive";
/// What it finds open: the archive (to read, or the pipe to write), the directory, and the pipe of its
/// report.
inline constexpr int kArchiveFd = 3, kDirectoryFd = 4, kReportFd = 5;

/// Words: UID GID, then `pack FORMAT LEVEL` or `unpack FORMAT STRIP HIDDEN [MISSING…]`: a name for what
/// is not in its place yet, and the directories that are to be made, both below `kDirectoryFd`. FORMAT is
/// `zip` or `zstd`. The report is a line `ready` once packing is known to be possible, and at the end `done`,
/// or the error's status, code and message, each on a line.
int archive_process_main(int argc, char** argv);

}  // namespace wye::vm
