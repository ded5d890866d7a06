// The browser's machine through the SDK: real VM, real Chromium, on the direct leg and on the control
// plane's.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "serve_process.h"
#include "wye/browser_computer.h"
#include "wye/browser_files.h"
#include "wye/browser_logs.h"
#include "wye/browser_playwright.h"
#include "wye/browser_processes.h"
#include "wye/browser_repl.h"
#include "wye/client.h"

namespace wye::live {
namespace {

class Machine : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto made = direct_.browsers().create({.headless = true, .timeout_seconds = 300});
    ASSERT_TRUE(made) << made.error().message;
    id_ = made->session_id;
  }
  void TearDown() override { (void)direct_.browsers().remove(id_); }
  /// Returns a client for each leg.
  [[nodiscard]] std::vector<Client> legs() const { return {direct_, central_}; }

  ServeProcess server_{ServeProcess::Options{}};
  Client direct_{{.api_key = server_.api_key(), .base_url = server_.base_url()}};
  Client central_{{.api_key = server_.api_key(),
                   .base_url = server_.base_url(),
                   .routing_subresources = std::vector<std::string>{}}};
  std::string id_;
};

TEST_F(Machine, runs_commands) {
  for (const auto& client : legs()) {
    const auto process = client.browsers().process();
    const auto done =
        process.exec(id_, {.command = "sh", .args = {"-c", "printf 'a\\0b'; echo e >&2; exit 3"}});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->output, std::string("a\0b", 3));
    EXPECT_EQ(done->errors, "e\n");
    EXPECT_EQ(done->exit_code, 3);
    EXPECT_EQ(done->route().via, client.routes().empty() ? Via::control_plane : Via::direct);
    EXPECT_EQ(process.exec(id_, {.command = "no-such-command"}).error().code, "command_not_found");

    const auto made = process.spawn(id_, {.command = "sh", .args = {"-c", "read x; echo got $x; read y"}});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(process.status(id_, made->process_id)->state, "running");
    EXPECT_EQ(process.write_stdin(id_, made->process_id, "it\n").value(), 3);
    EXPECT_EQ(process.resize(id_, made->process_id, {}).error().code, "not_a_terminal");
    auto output = process.output(id_, made->process_id).value();
    EXPECT_EQ(output.next().value()->bytes, "got it\n");
    EXPECT_TRUE(process.kill(id_, made->process_id, ProcessSignal::kill));
    EXPECT_EQ(output.next().value()->exit_code, -1);
    EXPECT_FALSE(output.next().value());
    EXPECT_EQ(process.status(id_, made->process_id)->exit_code, -1);
    EXPECT_EQ(process.write_stdin(id_, made->process_id, "x").error().code, "process_exited");
  }
}

TEST_F(Machine, runs_code_that_drives_its_browser) {
  for (const auto& client : legs()) {
    const auto playwright = client.browsers().playwright();
    const auto done = playwright.execute(
        id_, {.code = "await page.goto('data:text/html,<title>here</title>'); console.log('said');"
                      "const title: string = await page.title(); return { title, none: null }"});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->success) << done->error.value_or("");
    EXPECT_EQ(done->result->at("title").as_string(), "here");
    EXPECT_EQ(done->stdout_, "said\n");
    EXPECT_FALSE(playwright.execute(id_, {.code = "throw new Error('no')"})->success);
    const auto named = playwright.execute(id_, {.code = "return page.url()", .executor = "mine"});
    ASSERT_TRUE(named && named->tab) << "a tab of its own";
    EXPECT_EQ(playwright.executors(id_)->size(), 2u);
    EXPECT_TRUE(playwright.remove_executor(id_, "mine"));
    EXPECT_EQ(playwright.executors(id_)->front().name, "default");

    const auto repl = client.browsers().repl();
    ASSERT_TRUE(repl.run(id_, {.code = "let kept = 41", .reset = true}));
    const auto cell = repl.run(id_, {.code = "repl.write(`${kept + 1} ${(await pageInfo()).title}`)"});
    ASSERT_TRUE(cell && cell->content.size() == 1)
        << (cell ? cell->error.value_or("") : cell.error().message);
    EXPECT_EQ(cell->content[0].text, "42 here");
    EXPECT_EQ(cell->route().via, Via::control_plane) << "repl is no entry of the allow list";
  }
}

TEST_F(Machine, has_mouse_keyboard_screen_and_clipboard) {
  for (const auto& client : legs()) {
    const auto playwright = client.browsers().playwright();
    const auto computer = client.browsers().computer();
    ASSERT_TRUE(playwright.execute(
        id_, {.code = "await page.goto('data:text/html,<input style=\"position:fixed;left:0;top:0;"
                      "width:200px;height:50px\">'); await page.evaluate(() => { globalThis.keys = []; "
                      "addEventListener('keydown', (e) => keys.push(e.key)) })"}));
    const auto clicked = computer.click(id_, {.x = 100, .y = 25});
    ASSERT_TRUE(clicked) << clicked.error().message;
    EXPECT_EQ(clicked->via, client.routes().empty() ? Via::control_plane : Via::direct);
    EXPECT_TRUE(computer.type(id_, {.text = "Zürich"}));
    EXPECT_TRUE(
        computer.batch(id_, {KeyPress{.keys = {"Ctrl+a", "Ctrl+c"}}, ComputerPause{1}, MouseMove{40, 30}}));
    EXPECT_EQ(computer.read_clipboard(id_).value(), "Zürich");
    const auto at = computer.mouse_position(id_).value();
    EXPECT_EQ(at.x * 100 + at.y, 4030);
    EXPECT_TRUE(computer.drag(id_, {.path = {{10, 25}, {190, 25}}}));
    EXPECT_TRUE(computer.scroll(id_, {.x = 300, .y = 300, .delta_y = 1}));
    EXPECT_TRUE(computer.set_cursor(id_, {.hidden = true}));
    EXPECT_TRUE(computer.write_clipboard(id_, " 8001"));
    EXPECT_TRUE(computer.press(id_, {.keys = {"End", "Ctrl+v"}}));
    const auto seen = playwright.execute(
        id_, {.code = "await page.waitForFunction(() => document.querySelector('input').value.endsWith('1'));"
                      "return [await page.inputValue('input'), await page.evaluate(() => keys[0]), "
                      "...await page.evaluate(() => [innerWidth, innerHeight])]"});
    ASSERT_TRUE(seen && seen->result) << "no result";
    EXPECT_EQ(seen->result->at(0).as_string(), "Zürich 8001");
    EXPECT_EQ(seen->result->at(1).as_string(), "Z");
    const auto whole_screen = computer.screenshot(id_).value();
    EXPECT_EQ(whole_screen.width, seen->result->at(2).as_int64());
    EXPECT_EQ(whole_screen.height, seen->result->at(3).as_int64());
    EXPECT_EQ(computer.screenshot(id_, ScreenRegion{5, 6, 70, 80})->height, 80);
    EXPECT_EQ(computer.screenshot(id_, ScreenRegion{0, 0, 100'000, 1}).error().kind, ErrorKind::invalid);
    EXPECT_EQ(computer.press(id_, {.keys = {"NoSuchKey"}}).error().code, "bad_request");
  }
}

TEST_F(Machine, follows_a_log_over_its_writes) {
  const auto write = [this](const std::string& text) {
    ASSERT_TRUE(direct_.browsers().process().exec(
        id_, {.command = "sh", .args = {"-c", "printf '" + text + "' >>/tmp/app.log"}}));
  };
  write("before\\n");
  for (const auto& client : legs()) {
    auto so_far = client.browsers().logs().stream(
        id_, {.source = LogSource::path, .name = "/tmp/app.log", .follow = false});
    ASSERT_TRUE(so_far) << so_far.error().message;
    EXPECT_EQ(so_far->next().value()->message, "before");
    auto followed = client.browsers().logs().stream(id_, {.source = LogSource::path, .name = "/tmp/app.log"});
    ASSERT_TRUE(followed) << followed.error().message;
    write("now\\n");
    EXPECT_EQ(followed->next().value()->message, "now");
    EXPECT_EQ(client.browsers().logs().stream(id_, {.name = "nobody"}).error().kind, ErrorKind::not_found);
  }
}

TEST_F(Machine, keeps_files) {
  const std::string home = "/home/kernel/kept";
  const std::string bytes = [] {
    std::string out;
    for (int i = 0; i < 300'000; ++i) out += static_cast<char>(i * 7 % 256);
    return out;
  }();
  const auto read_all = [](FileDownload file) {
    std::string out;
    std::array<char, 65536> piece;
    while (const auto got = file.read(piece).value()) out.append(piece.data(), got);
    return out;
  };
  for (const auto& client : legs()) {
    const auto fs = client.browsers().fs();
    ASSERT_TRUE(fs.create_directory(id_, home + "/d", "700"));
    ASSERT_TRUE(fs.write(id_, {.path = home + "/d/a", .mode = "640", .body = bytes}));
    const auto source = [at = std::size_t{0}, &bytes](std::span<char> out) mutable -> Result<std::size_t> {
      const auto size = std::min(out.size(), bytes.size() - at);
      std::copy_n(bytes.data() + at, size, out.data());
      at += size;
      return size;
    };
    ASSERT_TRUE(fs.write(id_, {.path = home + "/d/b", .body_stream = source}));
    const auto all = fs.list(id_, home + "/d").value();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].mode + " " + all[0].name, "-rw-r----- a");
    auto whole = fs.read(id_, home + "/d/b").value();
    const auto tag = whole.tag();
    EXPECT_EQ(whole.size(), 300'000);
    EXPECT_EQ(read_all(std::move(whole)), bytes);
    auto rest = fs.read(id_, home + "/d/b", {.first = 299'990, .tag = tag}).value();
    EXPECT_EQ(rest.first(), 299'990);
    EXPECT_EQ(read_all(std::move(rest)), bytes.substr(299'990));
    ASSERT_TRUE(fs.write(id_, {.path = home + "/d/b", .body = "new"}));
    EXPECT_EQ(read_all(fs.read(id_, home + "/d/b", {.first = 2, .tag = tag}).value()), "new")
        << "it has changed";
    EXPECT_EQ(fs.read(id_, home + "/d/b", {.first = 9}).error().code, "range_not_satisfiable");
    ASSERT_TRUE(fs.move(id_, home + "/d/a", "/tmp/moved"));
    ASSERT_TRUE(fs.set_permissions(id_, {.path = "/tmp/moved", .mode = "600"}));
    EXPECT_EQ(fs.info(id_, "/tmp/moved")->mode, "-rw-------");
    EXPECT_EQ(fs.remove_file(id_, home + "/d").error().code, "is_a_directory");
    EXPECT_TRUE(fs.remove_file(id_, "/tmp/moved"));
    EXPECT_TRUE(fs.remove_directory(id_, home));
    EXPECT_EQ(fs.info(id_, home).error().kind, ErrorKind::not_found);
    EXPECT_EQ(fs.list(id_, "relative").error().kind, ErrorKind::invalid);
  }
}

std::string whole(ResponseStream stream) {
  std::string out;
  std::array<char, 65536> piece;
  while (const auto got = stream.read(piece).value()) out.append(piece.data(), got);
  return out;
}

std::string text_of(const Files& fs, const std::string& id, const std::string& path) {
  auto file = fs.read(id, path);
  if (!file) return file.error().code;
  std::array<char, 1024> piece;
  return {piece.data(), file->read(piece).value()};
}

TEST_F(Machine, takes_and_gives_directories) {
  for (const auto& client : legs()) {
    const auto fs = client.browsers().fs();
    const auto home = "/home/kernel/" + std::string(client.routes().empty() ? "central" : "direct");
    const auto pieces = [left = 3](std::span<char> out) mutable -> Result<std::size_t> {
      if (left == 0) return std::size_t{0};
      out[0] = static_cast<char>('0' + left--);
      return std::size_t{1};
    };
    const auto uploaded = fs.upload(id_, {{.dest_path = home + "/d/a", .body = "one"},
                                          {.dest_path = home + "/d/e/b", .body_stream = pieces}});
    ASSERT_TRUE(uploaded) << uploaded.error().message;
    EXPECT_EQ(text_of(fs, id_, home + "/d/e/b"), "321");
    const auto zip = whole(fs.download_zip(id_, home + "/d").value());
    ASSERT_TRUE(fs.upload_zip(id_, {.dest_path = home + "/zip", .body = zip}));
    EXPECT_EQ(text_of(fs, id_, home + "/zip/e/b"), "321");
    const auto zstd = whole(fs.download_zstd(id_, home + "/d", "fastest").value());
    ASSERT_TRUE(fs.upload_zstd(id_, {.dest_path = home + "/zstd", .body = zstd}, 1));
    EXPECT_EQ(text_of(fs, id_, home + "/zstd/b"), "321") << "its first directory is left out";
    EXPECT_EQ(fs.upload_zip(id_, {.dest_path = home + "/bad", .body = "no zip"}).error().kind,
              ErrorKind::invalid);
    EXPECT_EQ(fs.download_zip(id_, home + "/none").error().kind, ErrorKind::not_found);
  }
}

TEST_F(Machine, tells_changes_of_files) {
  for (const auto& client : legs()) {
    const auto fs = client.browsers().fs();
    const auto home = "/home/kernel/" + std::string(client.routes().empty() ? "central" : "direct");
    ASSERT_TRUE(fs.create_directory(id_, home));
    const auto watch = fs.start_watch(id_, home, true);
    ASSERT_TRUE(watch) << watch.error().message;
    auto changes = fs.watch_events(id_, *watch).value();
    ASSERT_TRUE(fs.write(id_, {.path = home + "/new", .body = "x"}));
    const auto first = changes.next().value();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->type + " " + first->path, "CREATE " + home + "/new");
    EXPECT_TRUE(fs.stop_watch(id_, *watch));
    auto last = changes.next();
    while (last && *last) last = changes.next();
    EXPECT_EQ(fs.watch_events(id_, *watch).error().kind, ErrorKind::not_found);
  }
}

TEST_F(Machine, is_gone_with_its_browser) {
  auto log = direct_.browsers().logs().stream(id_, {.name = "agent"}).value();
  const auto made = direct_.browsers().process().spawn(id_, {.command = "sleep", .args = {"1000"}}).value();
  auto output = direct_.browsers().process().output(id_, made.process_id).value();
  ASSERT_TRUE(central_.browsers().remove(id_)) << "behind the client's back";
  EXPECT_FALSE(output.next()) << "no exit was told";
  auto line = log.next();
  while (line && *line) line = log.next();  // it ends, too
  const auto gone = direct_.browsers().process().exec(id_, {.command = "true"});
  EXPECT_EQ(gone.error().code, "browser_gone");
  EXPECT_EQ(gone.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace wye::live
