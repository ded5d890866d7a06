#include "vm/computer/keysym.h"

#include <gtest/gtest.h>

#include <set>

#include "base/encoding.h"
#include "vm/computer/browser_keys.h"
#include "vm/computer/key_table.h"

namespace wye::vm {
namespace {

TEST(Keysym, names_of_x_and_short_ones_find_keys) {
  struct Row {
    std::string name;
    std::uint32_t keysym;
    std::string key, code;
    int windows_code, location;
    std::string text;
  };
  const Row rows[] = {
      {"Return", 0xff0d, "Enter", "Enter", 13, 0, "\r"},
      {"KP_Enter", 0xff8d, "Enter", "NumpadEnter", 13, 3, "\r"},
      {"Escape", 0xff1b, "Escape", "Escape", 27, 0, ""},
      {"BackSpace", 0xff08, "Backspace", "Backspace", 8, 0, ""},
      {"Prior", 0xff55, "PageUp", "PageUp", 33, 0, ""},
      {"Page_Up", 0xff55, "PageUp", "PageUp", 33, 0, ""},
      {"F1", 0xffbe, "F1", "F1", 112, 0, ""},
      {"F24", 0xffd5, "F24", "F24", 135, 0, ""},
      {"Control_L", 0xffe3, "Control", "ControlLeft", 17, 1, ""},
      {"ctrl", 0xffe3, "Control", "ControlLeft", 17, 1, ""},
      {"CTRL", 0xffe3, "Control", "ControlLeft", 17, 1, ""},
      {"super", 0xffeb, "Meta", "MetaLeft", 91, 1, ""},
      {"enter", 0xff0d, "Enter", "Enter", 13, 0, "\r"},
      {"ArrowLeft", 0xff51, "ArrowLeft", "ArrowLeft", 37, 0, ""},
      {"a", 0x61, "a", "KeyA", 65, 0, "a"},
      {"A", 0x41, "A", "KeyA", 65, 0, "A"},
      {"exclam", 0x21, "!", "Digit1", 49, 0, "!"},
      {"space", 0x20, " ", "Space", 32, 0, " "},
      {"plus", 0x2b, "+", "Equal", 187, 0, "+"},
      {"/", 0x2f, "/", "Slash", 191, 0, "/"},
      {"Eacute", 0xc9, "É", "", 0, 0, "É"},
      {"eacute", 0xe9, "é", "", 0, 0, "é"},
      {"U20AC", 0x10020ac, "€", "", 0, 0, "€"},
      {"U+1F600", 0x101f600, "😀", "", 0, 0, "😀"},
      {"漢", 0x1006f22, "漢", "", 0, 0, "漢"},
      {"0xff0d", 0xff0d, "Enter", "Enter", 13, 0, "\r"},
      {"0x61", 0x61, "a", "KeyA", 65, 0, "a"},
      {"0x10020ac", 0x10020ac, "€", "", 0, 0, "€"},
      {"KP_7", 0xffb7, "7", "Numpad7", 103, 3, "7"},
      {"XF86Reload", 0x1008ff73, "BrowserRefresh", "BrowserRefresh", 168, 0, ""},
  };
  for (const auto& row : rows) {
    const auto key = find_key(row.name);
    ASSERT_TRUE(key) << row.name;
    EXPECT_EQ(key->keysym, row.keysym) << row.name;
    EXPECT_EQ(key->key, row.key) << row.name;
    EXPECT_EQ(key->code, row.code) << row.name;
    EXPECT_EQ(key->windows_code, row.windows_code) << row.name;
    EXPECT_EQ(key->location, row.location) << row.name;
    EXPECT_EQ(key->text, row.text) << row.name;
  }
}

TEST(Keysym, what_is_no_key_is_none) {
  for (const std::string name :
       {"",     "Retrun", "F36",        "F0",          "U1",    "U110000", "UD800",
        "U+",   "0x",     "0xffffffff", "0x110000000", "0x100", "Hyper_X", "KP_",
        "\x01", "\x7f",   "\xff",       "\xc3",        "ab",    "é\x01",   "U000000000041"})
    EXPECT_FALSE(find_key(name)) << name;
}

TEST(Keysym, every_row_of_the_tables_is_found_by_its_name) {
  for (const auto& row : named_keys()) {
    const auto key = find_key(row.name);
    ASSERT_TRUE(key) << row.name;
    EXPECT_EQ(key->keysym, row.keysym) << row.name;
    EXPECT_FALSE(key->key.empty()) << row.name;
  }
  for (const auto& row : character_names()) {
    const auto key = find_key(row.name);
    ASSERT_TRUE(key) << row.name;
    EXPECT_EQ(key->text, utf8_of(row.character)) << row.name;
  }
  std::set<char32_t> typed;
  for (const auto& row : character_keys())
    for (const auto character : {row.plain, row.shifted}) {
      typed.insert(character);
      EXPECT_EQ(key_of(character).code, row.code);
      EXPECT_EQ(key_of(character).shifted, character != row.plain);
    }
  EXPECT_EQ(typed.size(), 95u) << "all of printable ASCII";
}

TEST(Keysym, shift_takes_the_upper_half_of_a_key) {
  EXPECT_EQ(with_shift(*find_key("1")).text, "!");
  EXPECT_EQ(with_shift(*find_key("a")).key, "A");
  EXPECT_EQ(with_shift(*find_key("A")).key, "A");
  EXPECT_EQ(with_shift(*find_key("Return")), *find_key("Return"));
  EXPECT_EQ(with_shift(*find_key("KP_1")), *find_key("KP_1"));
  EXPECT_EQ(with_shift(*find_key("é")), *find_key("é"));
}

TEST(Combination, keys_go_down_in_their_order) {
  const auto names = [](std::string_view text) {
    std::string out;
    for (const auto& key : read_combination(text).value()) out += key.key + " ";
    return out;
  };
  EXPECT_EQ(names("Ctrl+Shift+Tab"), "Control Shift Tab ");
  EXPECT_EQ(names("Return"), "Enter ");
  EXPECT_EQ(names("+"), "+ ");
  EXPECT_EQ(names("Ctrl++"), "Control + ");
  EXPECT_EQ(names("ctrl+alt+Delete"), "Control Alt Delete ");
  for (const std::string bad : {"", "+a", "Ctrl+", "Ctrl+Shift+", "a++b", "Ctrl+Nonsense", "++"}) {
    const auto read = read_combination(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, "bad_request");
    EXPECT_TRUE(read.error().message.starts_with("unknown key: ")) << read.error().message;
  }
  EXPECT_TRUE(read_combination("a+b+c+d+e+f+g+h"));
  EXPECT_FALSE(read_combination("a+b+c+d+e+f+g+h+i"));
  const auto long_one = read_combination(std::string(10'000, 'x'));
  EXPECT_LT(long_one.error().message.size(), 100u);
}

TEST(Characters, come_back_as_they_were) {
  const std::string text = "aé漢😀\n";
  std::string back;
  for (const auto character : characters_of(text)) back += utf8_of(character);
  EXPECT_EQ(back, text);
  EXPECT_EQ(characters_of(text).size(), 5u);
  EXPECT_EQ(key_of(U'\n').key, "Enter");
  EXPECT_EQ(key_of(U'\t').key, "Tab");
}

TEST(BrowserKeys, are_those_that_no_page_sees) {
  const auto what = [](int modifiers, std::string_view name) {
    return browser_key(modifiers, *find_key(name));
  };
  EXPECT_EQ(what(kControl, "t"), BrowserKey::new_tab);
  EXPECT_EQ(what(kControl, "T"), BrowserKey::new_tab);
  EXPECT_EQ(what(kControl | kShift, "t"), BrowserKey::refused);
  EXPECT_EQ(what(kControl, "F4"), BrowserKey::close_tab);
  EXPECT_EQ(what(kControl, "Tab"), BrowserKey::next_tab);
  EXPECT_EQ(what(kControl | kShift, "Tab"), BrowserKey::previous_tab);
  EXPECT_EQ(what(kAlt, "F4"), BrowserKey::refused);
  EXPECT_EQ(what(kMeta, "t"), BrowserKey::none);
  EXPECT_EQ(what(0, "t"), BrowserKey::none);
  EXPECT_EQ(what(kControl, "c"), BrowserKey::none);
  EXPECT_EQ(browser_default(0, *find_key("F5")), BrowserDefault::reload);
  EXPECT_EQ(browser_default(kControl | kShift, *find_key("R")), BrowserDefault::reload_uncached);
  EXPECT_EQ(browser_default(kAlt, *find_key("Left")), BrowserDefault::back);
  EXPECT_EQ(browser_default(kAlt | kShift, *find_key("Left")), BrowserDefault::none);
  EXPECT_EQ(browser_default(0, *find_key("Left")), BrowserDefault::none);
}

}  // namespace
}  // namespace wye::vm
