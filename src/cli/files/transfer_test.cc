// Transfers against a server that plays a script: resumed, cut off, and lied to.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/files/get_files.h"
#include "cli/files/put_files.h"
#include "testing/scratch_dir.h"
#include "testing/scripted_peer.h"
#include "wye/client.h"

namespace wye::cli {
namespace {

using testing::answer;
using testing::Play;
using testing::SeenRequest;

const std::string kBytes = "0123456789";

std::string field(const SeenRequest& request, const std::string& name) {
  const auto at = request.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + 4 + name.size();
  return request.head.substr(begin, request.head.find("\r\n", begin) - begin);
}

/// Answers a read as the VM does: the part that was asked for, if the tag is the file's.
Play file(const SeenRequest& request, const std::string& bytes, const std::string& tag,
          std::size_t cut = std::string::npos) {
  const auto range = field(request, "Range");
  const bool partial = !range.empty() && field(request, "If-Range") == tag;
  const auto first = partial ? std::stoul(range.substr(6)) : 0;
  const auto part = bytes.substr(first);
  return {.bytes =
              std::string("HTTP/1.1 ") + (partial ? "206 Partial Content" : "200 OK") +
              "\r\nContent-Length: " + std::to_string(part.size()) + "\r\nETag: " + tag + "\r\n" +
              (partial ? "Content-Range: bytes " + std::to_string(first) + "-" +
                             std::to_string(bytes.size() - 1) + "/" + std::to_string(bytes.size()) + "\r\n"
                       : "") +
              "\r\n" + part.substr(0, cut)};
}

class Transfer : public ::testing::Test {
 protected:
  FileGetter getter() {
    return {client_.browsers().fs(), "b", progress_,
            [this](const std::string& text) { notices_.push_back(text); }};
  }
  FilePutter putter() {
    return {client_.browsers().fs(), "b", progress_,
            [this](const std::string& text) { notices_.push_back(text); }};
  }
  [[nodiscard]] std::string local(const std::string& name = "f") const { return scratch_.file(name); }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(scratch_.path()), {}));
  }
  [[nodiscard]] std::vector<std::string> ranges() const {
    std::vector<std::string> out;
    for (const auto& request : server_.seen()) out.push_back(field(request, "Range"));
    return out;
  }

  testing::ScratchDir scratch_;
  testing::ChangingScript script_ = [](const SeenRequest& request) { return file(request, kBytes, "\"1\""); };
  testing::ScriptedPeer server_{[this](const auto& request) { return script_(request); }};
  Client client_{{.api_key = "k", .base_url = server_.origin(), .max_retries = 0, .log = "off"}};
  Progress progress_{false};
  std::vector<std::string> notices_;
};

TEST_F(Transfer, a_lost_connection_is_gone_on_with_on_the_next) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest& request) {
    return file(request, kBytes, "\"1\"", (*n)++ < 3 ? 3 : std::string::npos);
  };
  ASSERT_TRUE(getter().get_file("/f", local(), false));
  EXPECT_EQ(read(local()), kBytes);
  EXPECT_EQ(ranges(), (std::vector<std::string>{"", "bytes=3-", "bytes=6-", "bytes=9-"}));
  EXPECT_EQ(entries(), 1u) << "no part is left";
  EXPECT_EQ(progress_.bytes(), 10);
}

TEST_F(Transfer, connections_that_bring_nothing_are_tried_only_so_often) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest& request) {
    return file(request, kBytes, "\"1\"", (*n)++ == 0 ? 3 : 0);
  };
  EXPECT_EQ(getter().get_file("/f", local(), false).error().kind, ErrorKind::disconnected);
  EXPECT_EQ(server_.count(), 1u + FileGetter::kMostResumes);
  EXPECT_FALSE(std::filesystem::exists(local())) << "a part never has the file's name";
}

TEST_F(Transfer, a_later_call_goes_on_where_an_earlier_one_was_cut_off) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest& request) {
    return (*n)++ == 0 ? file(request, kBytes, "\"1\"", 4) : answer(503, "{}");
  };
  EXPECT_FALSE(getter().get_file("/f", local(), false));
  script_ = [](const SeenRequest& request) { return file(request, kBytes, "\"1\""); };
  ASSERT_TRUE(getter().get_file("/f", local(), false));
  EXPECT_EQ(read(local()), kBytes);
  EXPECT_EQ(ranges().back(), "bytes=4-");
  EXPECT_EQ(field(server_.last_seen(), "If-Range"), "\"1\"");
}

TEST_F(Transfer, another_file_is_not_gone_on_with) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest& request) {
    return (*n)++ == 0 ? file(request, kBytes, "\"1\"", 4) : answer(503, "{}");
  };
  EXPECT_FALSE(getter().get_file("/f", local(), false));
  script_ = [](const SeenRequest& request) { return file(request, "abcdefghij", "\"2\""); };
  ASSERT_TRUE(getter().get_file("/f", local(), false));
  EXPECT_EQ(read(local()), "abcdefghij");
}

TEST_F(Transfer, a_file_that_changes_while_it_is_read_is_an_error) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest& request) {
    return (*n)++ == 0 ? file(request, kBytes, "\"1\"", 4) : file(request, "abcdefghij", "\"2\"");
  };
  EXPECT_EQ(getter().get_file("/f", local(), false).error().code, "file_changed");
  EXPECT_FALSE(std::filesystem::exists(local()));
}

TEST_F(Transfer, a_part_that_is_whole_only_gets_its_name) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest& request) {
    return (*n)++ == 0 ? file(request, kBytes, "\"1\"", 4) : answer(503, "{}");
  };
  EXPECT_FALSE(getter().get_file("/f", local(), false));
  for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) write(entry.path(), kBytes);
  script_ = [](const SeenRequest& request) { return file(request, kBytes, "\"1\""); };
  ASSERT_TRUE(getter().get_file("/f", local(), false));
  EXPECT_EQ(read(local()), kBytes);
  EXPECT_EQ(ranges().back(), "");
}

TEST_F(Transfer, a_link_in_the_place_of_a_part_is_not_followed) {
  write(local("other"), "mine");
  script_ = [n = std::make_shared<int>(0)](const SeenRequest& request) {
    return (*n)++ == 0 ? file(request, kBytes, "\"1\"", 4) : answer(503, "{}");
  };
  EXPECT_FALSE(getter().get_file("/f", local(), false));
  for (const auto& entry : std::filesystem::directory_iterator(scratch_.path()))
    if (entry.path().extension() == ".part") {
      const auto part = entry.path();
      std::filesystem::remove(part);
      std::filesystem::create_symlink(local("other"), part);
      break;
    }
  script_ = [](const SeenRequest& request) { return file(request, kBytes, "\"1\""); };
  EXPECT_EQ(getter().get_file("/f", local(), false).error().code, "local_file");
  EXPECT_EQ(read(local("other")), "mine");
}

TEST_F(Transfer, names_that_lead_out_of_the_directory_are_refused) {
  for (const auto* name : {"..", ".", "", "../x", "/etc/x", "a/b", "a\\u0000b"}) {
    script_ = [name](const SeenRequest& request) {
      return request.line.find("list_files") == std::string::npos
                 ? file(request, kBytes, "\"1\"")
                 : answer(200, R"([{"name":")" + std::string(name) + R"(","mode":"-rw-r--r--"}])");
    };
    EXPECT_EQ(getter().get_directory("/d", local("d")).error().code, "bad_answer") << name;
  }
  EXPECT_EQ(entries(), 1u) << "the directory alone";
}

TEST_F(Transfer, a_directory_without_end_is_cut_off) {
  script_ = [](const SeenRequest&) {
    return answer(200, R"([{"name":"d","is_dir":true,"mode":"drwxr-xr-x"}])");
  };
  EXPECT_EQ(getter().get_directory("/d", local("d")).error().code, "too_deep");
  EXPECT_EQ(server_.count(), FileGetter::kDeepest + 1);
}

TEST_F(Transfer, links_and_devices_are_left_out_with_a_word) {
  script_ = [](const SeenRequest& request) {
    return request.line.find("list_files") == std::string::npos
               ? file(request, "#!", "\"1\"")
               : answer(
                     200,
                     R"([{"name":"l","mode":"lrwxrwxrwx"},{"name":"p","mode":"prw-r--r--"},)"
                     R"({"name":"dl","is_dir":true,"mode":"Lrwxrwxrwx"},{"name":"run","mode":"-rwxr-xr-x"}])");
  };
  ASSERT_TRUE(getter().get_directory("/d", local("d")));
  EXPECT_EQ(notices_.size(), 3u);
  EXPECT_EQ(read(local("d/run")), "#!");
  struct stat status {};
  ASSERT_EQ(::stat(local("d/run").c_str(), &status), 0);
  EXPECT_NE(status.st_mode & S_IXUSR, 0u);
}

TEST_F(Transfer, a_directory_is_put_with_its_modes_and_without_what_is_no_file) {
  std::filesystem::create_directories(local("d/e"));
  write(local("d/e/run"), "#!");
  ::chmod(local("d/e/run").c_str(), 0750);
  std::filesystem::create_symlink("..", local("d/up"));
  ::mkfifo(local("d/pipe").c_str(), 0600);
  script_ = [](const SeenRequest&) { return answer(201, ""); };
  ASSERT_TRUE(putter().put_directory(local("d"), "/r", {}));
  std::vector<std::string> lines;
  for (const auto& request : server_.seen()) lines.push_back(request.line);
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "PUT /browsers/b/fs/create_directory HTTP/1.1",
                       "PUT /browsers/b/fs/create_directory HTTP/1.1",
                       "PUT /browsers/b/fs/write_file?path=%2Fr%2Fe%2Frun&mode=750 HTTP/1.1"}));
  EXPECT_EQ(notices_.size(), 2u);
}

TEST_F(Transfer, what_cannot_be_read_here_is_named) {
  EXPECT_EQ(putter().put_file(local("none"), "/f", {}).error().code, "local_file");
  ::mkfifo(local("pipe").c_str(), 0600);
  EXPECT_EQ(putter().put_file(local("pipe"), "/f", {}).error().code, "local_file");
  EXPECT_EQ(server_.count(), 0u);
}

}  // namespace
}  // namespace wye::cli
