#pragma once

#include <boost/describe/class.hpp>

#include "wire/json_codec.h"
#include "wye/files.h"

// The types of file calls (wire-api §5), and the bodies of their requests.
namespace wye {

BOOST_DESCRIBE_STRUCT(FileInfo, (), (name, path, size_bytes, is_dir, mod_time, mode))
BOOST_DESCRIBE_STRUCT(FileEvent, (), (type, path, name, is_dir))

namespace wire {

struct PathBody {
  std::string path;
  std::optional<std::string> mode;
};
struct MoveBody {
  std::string src_path, dest_path;
};
struct PermissionsBody {
  std::string path;
  std::optional<std::string> mode, owner, group;
};
struct WatchBody {
  std::string path;
  std::optional<bool> recursive;
};
struct WatchAnswer {
  std::string watch_id;
};
BOOST_DESCRIBE_STRUCT(PathBody, (), (path, mode))
BOOST_DESCRIBE_STRUCT(MoveBody, (), (src_path, dest_path))
BOOST_DESCRIBE_STRUCT(PermissionsBody, (), (path, mode, owner, group))
BOOST_DESCRIBE_STRUCT(WatchBody, (), (path, recursive))
BOOST_DESCRIBE_STRUCT(WatchAnswer, (), (watch_id))

}  // namespace wire
}  // namespace wye
