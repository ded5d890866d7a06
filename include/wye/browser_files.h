#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wye/browsers.h"
#include "wye/event_stream.h"
#include "wye/files.h"

namespace wye {

/// A file to write.
struct FileWrite {
  std::string path;                 ///< Absolute. Directories above it are made, with 0755.
  std::optional<std::string> mode;  ///< Three or four octal digits. Absent: 644.
  std::string body;                 ///< Any bytes.
  BodySource body_stream;           ///< Instead of `body`, for any number of bytes.
};

/// A file of an upload.
struct FileUpload {
  std::string dest_path;   ///< Absolute.
  std::string body;        ///< Any bytes.
  BodySource body_stream;  ///< Instead of `body`.
};

/// An archive to unpack.
struct ArchiveUpload {
  std::string dest_path;   ///< The directory that it is unpacked in; absolute.
  std::string body;        ///< The archive's bytes.
  BodySource body_stream;  ///< Instead of `body`.
};

/// Who may do what with a file.
struct FilePermissions {
  std::string path;                  ///< Absolute.
  std::string mode;                  ///< Three or four octal digits.
  std::optional<std::string> owner;  ///< A name or a number. Absent: as it is.
  std::optional<std::string> group;  ///< Likewise.
};

/// Which part of a file is read.
struct FilePart {
  std::int64_t first = 0;              ///< The first byte, counted from 0.
  std::optional<std::int64_t> length;  ///< At least 1. Absent: to the end.
  /// Only if the file still is the one that had this `FileDownload::tag`; else it is read from its first
  /// byte.
  std::string tag;
};

/// A file's bytes, which the caller reads; at most 80 KB are buffered. Destroying it closes the connection
/// unless all was read. One thread at a time.
class FileDownload {
 public:
  FileDownload(ResponseStream stream, std::int64_t first, std::int64_t size, std::string tag)
      : stream_(std::move(stream)), first_(first), size_(size), tag_(std::move(tag)) {}
  /// Reads the next bytes and returns their number; 0 at the end of what was asked for. One that was cut
  /// short is `disconnected` (`body_cut`).
  Result<std::size_t> read(std::span<char> out) { return stream_.read(out); }
  [[nodiscard]] std::int64_t first() const { return first_; }    ///< Where the bytes begin.
  [[nodiscard]] std::int64_t size() const { return size_; }      ///< Of the whole file, in bytes.
  [[nodiscard]] const std::string& tag() const { return tag_; }  ///< Changes with the file; "": unknown.
  [[nodiscard]] const RouteInfo& route() const { return stream_.route(); }  ///< How it was reached.

 private:
  ResponseStream stream_;
  std::int64_t first_, size_;
  std::string tag_;
};

/// Files of a browser's VM (wire-api §5): `client.browsers().fs()`. Like the client that made it, thread-safe
/// and cheap to copy. Paths are absolute, and everything is done with the rights of the browser's user. Calls
/// go straight to the VM where a route is known; a gone browser is `not_found` with the code `browser_gone`.
/// Errors: `not_found` for what is not there; `invalid` with a code such as `is_a_directory`,
/// `not_a_directory`, `not_a_file`, `permission_denied`. Those that change something take the time of their
/// bytes: give `call` the timeout that their size needs.
class Files {
 public:
  explicit Files(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}

  /// Describes a file or directory.
  Result<Reached<FileInfo>> info(const std::string& id_or_name, const std::string& path,
                                 CallOptions call = {}) const;
  /// Lists a directory, by name.
  Result<std::vector<FileInfo>> list(const std::string& id_or_name, const std::string& path,
                                     CallOptions call = {}) const;
  /// Makes a directory, and those above it. One that exists already is no error.
  Result<RouteInfo> create_directory(const std::string& id_or_name, const std::string& path,
                                     std::optional<std::string> mode = {}, CallOptions call = {}) const;
  /// Removes a file; a directory is `invalid`.
  Result<RouteInfo> remove_file(const std::string& id_or_name, const std::string& path,
                                CallOptions call = {}) const;
  /// Removes a directory with everything in it. One that is not there is no error.
  Result<RouteInfo> remove_directory(const std::string& id_or_name, const std::string& path,
                                     CallOptions call = {}) const;
  /// Moves a file or directory, over file systems too. Never sent again once it may have been done.
  Result<RouteInfo> move(const std::string& id_or_name, const std::string& from, const std::string& to,
                         CallOptions call = {}) const;
  /// Changes who may do what with it.
  Result<RouteInfo> set_permissions(const std::string& id_or_name, const FilePermissions& permissions,
                                    CallOptions call = {}) const;

  /// Opens a file to read it. The timeout of `call` bounds only the opening. A part that begins behind the
  /// file's end is `range_not_satisfiable` (`invalid`).
  Result<FileDownload> read(const std::string& id_or_name, const std::string& path, const FilePart& part = {},
                            CallOptions call = {}) const;
  /// Writes a file, which has its name only once all of it is there.
  Result<RouteInfo> write(const std::string& id_or_name, const FileWrite& file, CallOptions call = {}) const;

  /// Writes several files by one request, which is never sent again.
  Result<RouteInfo> upload(const std::string& id_or_name, const std::vector<FileUpload>& files,
                           CallOptions call = {}) const;
  /// Unpacks a zip archive. One with an entry that leads out of `dest_path` is `invalid`, and nothing of it
  /// is written. Never sent again.
  Result<RouteInfo> upload_zip(const std::string& id_or_name, const ArchiveUpload& archive,
                               CallOptions call = {}) const;
  /// Does the same with a tar archive that is compressed by zstd. `strip_components` leaves out that many of
  /// the first directories of each entry.
  Result<RouteInfo> upload_zstd(const std::string& id_or_name, const ArchiveUpload& archive,
                                std::int64_t strip_components = 0, CallOptions call = {}) const;
  /// Opens a directory as a zip archive. The timeout of `call` bounds only the opening.
  Result<ResponseStream> download_zip(const std::string& id_or_name, const std::string& path,
                                      CallOptions call = {}) const;
  /// Does the same as a tar archive compressed by zstd; `level` is fastest, default, better or best.
  Result<ResponseStream> download_zstd(const std::string& id_or_name, const std::string& path,
                                       std::optional<std::string> level = {}, CallOptions call = {}) const;

  /// Begins to watch a directory for changes and returns the watch's id. It lasts until `stop_watch`, or as
  /// long as the browser.
  Result<std::string> start_watch(const std::string& id_or_name, const std::string& path,
                                  bool recursive = false, CallOptions call = {}) const;
  /// Opens the changes that a watch has seen and sees; the last 1024 are kept for a slow reader. The timeout
  /// of `call` bounds only the opening.
  Result<EventStream<FileEvent>> watch_events(const std::string& id_or_name, const std::string& watch_id,
                                              CallOptions call = {}) const;
  /// Ends a watch, and the streams of its changes.
  Result<RouteInfo> stop_watch(const std::string& id_or_name, const std::string& watch_id,
                               CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
