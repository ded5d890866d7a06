// The calls about files: what they send, and what they make of answers, of hostile ones too.
#include <boost/json/parse.hpp>

#include "sdk/content_range.h"
#include "sdk/testing/sdk_fixture.h"
#include "wye/browser_files.h"

namespace wye {
namespace {

using testing::answer;
using testing::Play;
using testing::SeenRequest;

std::string read_all(FileDownload& file) {
  std::string out;
  std::array<char, 7> piece;
  while (const auto got = file.read(piece).value()) out.append(piece.data(), got);
  return out;
}

/// Gives a text in pieces of three bytes.
BodySource in_pieces(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](std::span<char> out) mutable -> Result<std::size_t> {
    const auto size = std::min({out.size(), text.size() - at, std::size_t{3}});
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), size, out.begin());
    at += size;
    return size;
  };
}

std::string unchunked(std::string_view body) {
  std::string out;
  for (;;) {
    const auto line = body.find("\r\n");
    const auto size = std::stoul(std::string(body.substr(0, line)), nullptr, 16);
    if (size == 0) return out;
    out += body.substr(line + 2, size);
    body.remove_prefix(line + 2 + size + 2);
  }
}

class FileCalls : public testing::SdkTest {
 protected:
  FileCalls() { options_.max_retries = 0; }
  Files fs() { return client().browsers().fs(); }
  void play(int status, const std::string& body, const std::string& headers = "") {
    script_ = [=](const SeenRequest&) { return answer(status, body, headers); };
  }
  [[nodiscard]] SeenRequest seen() const { return server_.last_seen(); }
  [[nodiscard]] bool had(const std::string& field) const {
    return seen().head.find("\r\n" + field + "\r\n") != std::string::npos;
  }
};

TEST_F(FileCalls, changes_are_puts_with_a_body) {
  struct Row {
    std::function<Result<RouteInfo>()> call;
    const char* tail;
    const char* body;
  };
  play(200, "");
  for (const auto& row : std::vector<Row>{
           {[&] { return fs().create_directory("b", "/d", "700"); }, "create_directory",
            R"({"path":"/d","mode":"700"})"},
           {[&] { return fs().create_directory("b", "/d"); }, "create_directory", R"({"path":"/d"})"},
           {[&] { return fs().remove_file("b", "/f"); }, "delete_file", R"({"path":"/f"})"},
           {[&] { return fs().remove_directory("b", "/d"); }, "delete_directory", R"({"path":"/d"})"},
           {[&] { return fs().move("b", "/a", "/z"); }, "move", R"({"src_path":"/a","dest_path":"/z"})"},
           {[&] { return fs().set_permissions("b", {.path = "/f", .mode = "644", .owner = "kernel"}); },
            "set_file_permissions", R"({"path":"/f","mode":"644","owner":"kernel"})"}}) {
    EXPECT_TRUE(row.call());
    EXPECT_EQ(seen().line, std::string("PUT /browsers/b/fs/") + row.tail + " HTTP/1.1");
    EXPECT_EQ(boost::json::parse(seen().body), boost::json::parse(row.body));
  }
}

TEST_F(FileCalls, a_move_that_may_have_been_done_is_not_sent_again_and_others_are) {
  options_.max_retries = 2;
  script_ = [](const SeenRequest&) { return Play{.bytes = "", .reset = true}; };
  EXPECT_FALSE(fs().move("b", "/a", "/z"));
  EXPECT_EQ(asked(), 1u);
  EXPECT_FALSE(fs().remove_file("b", "/a"));
  EXPECT_EQ(asked(), 4u);
}

TEST_F(FileCalls, looks_name_their_path_in_the_query) {
  play(200,
       R"({"name":"a b","path":"/a b","size_bytes":7,"is_dir":false,"mod_time":"t","mode":"-rw-r--r--"})");
  EXPECT_EQ(fs().info("b", "/a b&x=1")->size_bytes, 7);
  EXPECT_EQ(seen().line, "GET /browsers/b/fs/file_info?path=%2Fa%20b%26x%3D1 HTTP/1.1");
  play(200, R"([{"name":"x","is_dir":true},{"name":"y"}])");
  EXPECT_EQ(fs().list("b", "/")->size(), 2u);
  for (const auto* none : {"[]", "null"}) {
    play(200, none);
    EXPECT_TRUE(fs().list("b", "/")->empty()) << none;
  }
  for (const auto* bad : {"", "{}", "[7]", R"([{"size_bytes":"1"}])", R"([{"is_dir":1}])"}) {
    play(200, bad);
    EXPECT_EQ(fs().list("b", "/").error().code, "bad_answer") << bad;
    EXPECT_EQ(fs().info("b", "/").has_value(), std::string_view(bad) == "{}") << bad;
  }
}

TEST_F(FileCalls, a_read_knows_size_and_tag) {
  play(200, "0123456789", "ETag: \"t1\"\r\n");
  auto whole = fs().read("b", "/f").value();
  EXPECT_EQ(read_all(whole), "0123456789");
  EXPECT_EQ(whole.first(), 0);
  EXPECT_EQ(whole.size(), 10);
  EXPECT_EQ(whole.tag(), "\"t1\"");
  EXPECT_FALSE(had("Range: bytes=0-"));
}

TEST_F(FileCalls, a_part_is_asked_for_by_its_bytes_and_its_tag) {
  play(206, "456789", "ETag: \"t1\"\r\nContent-Range: bytes 4-9/10\r\n");
  auto rest = fs().read("b", "/f", {.first = 4, .tag = "\"t1\""}).value();
  EXPECT_EQ(read_all(rest), "456789");
  EXPECT_EQ(rest.first(), 4);
  EXPECT_EQ(rest.size(), 10);
  EXPECT_TRUE(had("Range: bytes=4-"));
  EXPECT_TRUE(had("If-Range: \"t1\""));
  play(206, "45", "Content-Range: bytes 4-5/10\r\n");
  EXPECT_TRUE(fs().read("b", "/f", {.first = 4, .length = 2}));
  EXPECT_TRUE(had("Range: bytes=4-5"));
  play(200, "new", "ETag: \"t2\"\r\n");
  auto changed = fs().read("b", "/f", {.first = 4, .tag = "\"t1\""}).value();
  EXPECT_EQ(changed.first(), 0) << "another file is read from its first byte";
  EXPECT_EQ(read_all(changed), "new");
  play(416, R"({"code":"range_not_satisfiable","message":"m"})");
  EXPECT_EQ(fs().read("b", "/f", {.first = 10}).error().code, "range_not_satisfiable");
}

TEST_F(FileCalls, a_part_that_cannot_be_is_not_asked_for) {
  for (const auto& part :
       std::vector<FilePart>{{.first = -1}, {.length = 0}, {.length = -5}, {.first = 2, .length = INT64_MAX}})
    EXPECT_EQ(fs().read("b", "/f", part).error().kind, ErrorKind::invalid);
  EXPECT_EQ(asked(), 0u);
}

TEST_F(FileCalls, an_answer_that_does_not_say_which_part_it_is_is_not_taken) {
  for (const auto* range : {"", "bytes 0-9/10", "bytes 4-9/9", "bytes 9-4/10", "bytes 4-9/*", "bytes */10",
                            "items 4-9/10", "bytes 4-99999999999999999999/9", "bytes -4-9/10", "bytes 4-9"}) {
    play(206, "456789", "Content-Range: " + std::string(range) + "\r\n");
    EXPECT_EQ(fs().read("b", "/f", {.first = 4}).error().code, "bad_answer") << range;
  }
  script_ = [](const SeenRequest&) { return testing::chunked(200, "0123"); };
  EXPECT_EQ(fs().read("b", "/f").error().code, "bad_answer") << "its size is not known";
}

TEST_F(FileCalls, a_file_that_is_cut_short_is_not_whole) {
  script_ = [](const SeenRequest&) {
    return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"};
  };
  auto cut = fs().read("b", "/f").value();
  std::array<char, 64> piece;
  auto got = cut.read(piece);
  while (got && *got > 0) got = cut.read(piece);
  EXPECT_EQ(got.error().code, "body_cut");
}

TEST_F(FileCalls, a_write_sends_the_bytes_and_streams_them_once) {
  play(201, "");
  EXPECT_TRUE(fs().write("b", {.path = "/f", .mode = "600", .body = std::string("a\0b", 3)}));
  EXPECT_EQ(seen().line, "PUT /browsers/b/fs/write_file?path=%2Ff&mode=600 HTTP/1.1");
  EXPECT_EQ(seen().body, std::string("a\0b", 3));
  EXPECT_TRUE(had("Content-Type: application/octet-stream"));
  EXPECT_TRUE(fs().write("b", {.path = "/f", .body_stream = in_pieces("0123456789")}));
  EXPECT_EQ(unchunked(seen().body), "0123456789");
  options_.max_retries = 2;
  script_ = [](const SeenRequest&) { return Play{.bytes = "", .reset = true}; };
  const auto before = asked();
  EXPECT_FALSE(fs().write("b", {.path = "/f", .body_stream = in_pieces("x")}));
  EXPECT_EQ(asked(), before + 1);
}

TEST_F(FileCalls, an_upload_is_a_form) {
  play(201, "");
  ASSERT_TRUE(fs().upload(
      "b", {{.dest_path = "/a", .body = "one"}, {.dest_path = "/ü", .body_stream = in_pieces("two-two")}}));
  const auto boundary = "wye-" + std::string(48, '0');
  EXPECT_TRUE(had("Content-Type: multipart/form-data; boundary=" + boundary));
  const auto part = [&boundary](const std::string& name, const std::string& text, bool file) {
    return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + '"' +
           (file ? "; filename=\"file\"\r\nContent-Type: application/octet-stream" : "") + "\r\n\r\n" + text +
           "\r\n";
  };
  EXPECT_EQ(unchunked(seen().body), part("files[0][dest_path]", "/a", false) +
                                        part("files[0][file]", "one", true) +
                                        part("files[1][dest_path]", "/ü", false) +
                                        part("files[1][file]", "two-two", true) + "--" + boundary + "--\r\n");
  ASSERT_TRUE(fs().upload_zip("b", {.dest_path = "/d", .body = "zip"}));
  EXPECT_EQ(unchunked(seen().body),
            part("dest_path", "/d", false) + part("zip_file", "zip", true) + "--" + boundary + "--\r\n");
  ASSERT_TRUE(fs().upload_zstd("b", {.dest_path = "/d", .body_stream = in_pieces("")}, 2));
  EXPECT_EQ(unchunked(seen().body), part("dest_path", "/d", false) + part("strip_components", "2", false) +
                                        part("archive", "", true) + "--" + boundary + "--\r\n");
}

TEST_F(FileCalls, an_upload_whose_bytes_fail_is_the_error_of_their_source) {
  play(201, "");
  const auto failing = [](std::span<char>) -> Result<std::size_t> {
    return Error{.kind = ErrorKind::invalid, .code = "cannot_read"};
  };
  EXPECT_EQ(fs().upload("b", {{.dest_path = "/a", .body_stream = failing}}).error().code, "cannot_read");
}

TEST_F(FileCalls, archives_are_streams_and_refusals_errors) {
  play(200, "PK", "Content-Type: application/zip\r\n");
  auto zip = fs().download_zip("b", "/d").value();
  std::array<char, 16> piece;
  EXPECT_EQ(zip.read(piece).value(), 2u);
  EXPECT_EQ(seen().line, "GET /browsers/b/fs/download_dir_zip?path=%2Fd HTTP/1.1");
  EXPECT_TRUE(fs().download_zstd("b", "/d", "best"));
  EXPECT_EQ(seen().line, "GET /browsers/b/fs/download_dir_zstd?path=%2Fd&compression_level=best HTTP/1.1");
  play(404, R"({"code":"not_found","message":"m"})");
  EXPECT_EQ(fs().download_zip("b", "/d").error().code, "not_found");
}

TEST_F(FileCalls, a_watch_has_an_id_and_events) {
  play(201, R"({"watch_id":"w 1"})");
  EXPECT_EQ(fs().start_watch("b", "/d", true).value(), "w 1");
  EXPECT_EQ(boost::json::parse(seen().body), boost::json::parse(R"({"path":"/d","recursive":true})"));
  play(201, "{}");
  EXPECT_EQ(fs().start_watch("b", "/d").error().code, "bad_answer");
  script_ = [](const SeenRequest&) {
    return Play{
        .bytes =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: dropped 3\n\n"
            "data: {\"type\":\"CREATE\",\"path\":\"/d/x\",\"name\":\"x\",\"is_dir\":false}\n\ndata: []\n\n"};
  };
  auto events = fs().watch_events("b", "w 1").value();
  EXPECT_EQ(seen().line, "GET /browsers/b/fs/watch/w%201/events HTTP/1.1");
  EXPECT_EQ(events.next().value()->path, "/d/x");
  EXPECT_EQ(events.dropped(), 3);
  EXPECT_EQ(events.next().error().code, "bad_answer");
  play(204, "");
  EXPECT_TRUE(fs().stop_watch("b", "w 1"));
  EXPECT_EQ(seen().line, "DELETE /browsers/b/fs/watch/w%201 HTTP/1.1");
  EXPECT_EQ(fs().stop_watch("b", "..").error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace wye
