#include "vm/fs/multipart.h"

#include <gtest/gtest.h>

#include <vector>

namespace wye::vm {
namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;

// Reads a body that comes in pieces of this size; an error's code stands in place of the parts.
Parts parts_of(std::string_view body, std::size_t piece,
               std::string_view type = "multipart/form-data; boundary=XyZ") {
  auto form = Multipart::of(type);
  if (!form) return {{"error", form.error().code}};
  Parts out;
  for (std::size_t at = 0;;) {
    const auto step = form->next();
    if (!step) return {{"error", step.error().code}};
    switch (*step) {
      case Multipart::Step::more:
        if (at >= body.size()) return {{"error", Multipart::cut_short().code}};
        form->feed(body.substr(at, piece));
        at += piece;
        break;
      case Multipart::Step::part:
        out.emplace_back(form->name(), "");
        break;
      case Multipart::Step::data:
        out.back().second += form->bytes();
        break;
      case Multipart::Step::part_end:
        break;
      case Multipart::Step::end:
        return out;
    }
  }
}

std::string part(std::string_view name, std::string_view content) {
  return "--XyZ\r\nContent-Disposition: form-data; name=\"" + std::string(name) +
         "\"; filename=\"f\"\r\nContent-Type: application/octet-stream\r\n\r\n" + std::string(content) +
         "\r\n";
}

TEST(Multipart, parts_are_the_same_in_every_cut) {
  const std::string content = "a\r\n--Xy\r\r\n--XyQ\r\n\r\n";
  const auto body =
      "preamble\r\n" + part("files[0][file]", content) + part("empty", "") + "--XyZ--\r\nepilogue";
  const Parts wanted{{"files[0][file]", content}, {"empty", ""}};
  for (std::size_t piece = 1; piece <= body.size(); ++piece)
    ASSERT_EQ(parts_of(body, piece), wanted) << piece;
}

TEST(Multipart, what_is_not_valid_is_an_error_in_every_cut) {
  const std::vector<std::string> bodies{
      "",
      "--XyZ",
      "no delimiter at all",
      part("a", "b"),
      "--Other\r\n" + part("a", "b").substr(7) + "--Other--",
      "--XyZ\r\n\r\nwithout a name\r\n--XyZ--",
      "--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n--XyZ--",
      "--XyZ\r\nno colon\r\n\r\nb\r\n--XyZ--",
      "--XyZjunk\r\n" + part("a", "b") + "--XyZ--",
      "--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--XyZ--",
      "--XyZ\r\nX: " + std::string(Multipart::kMaxPartHead, 'x') + "\r\n\r\nb\r\n--XyZ--"};
  for (const auto& body : bodies)
    for (std::size_t piece = 1; piece < body.size() + 2; piece += 1 + piece / 3)
      ASSERT_EQ(parts_of(body, piece), (Parts{{"error", "bad_request"}})) << body << " by " << piece;
}

TEST(Multipart, bounds_are_the_same_in_every_cut) {
  const auto padded = [](std::size_t spaces) {
    return "--XyZ" + std::string(spaces, ' ') +
           "\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--XyZ--";
  };
  const std::string field = "\r\nContent-Disposition: form-data; name=a\r\nX: ";
  const auto headed = [&field](std::size_t size) {
    return "--XyZ" + field + std::string(size - field.size(), 'x') + "\r\n\r\nb\r\n--XyZ--";
  };
  const Parts good{{"a", "b"}}, bad{{"error", "bad_request"}};
  for (std::size_t piece = 1; piece < Multipart::kMaxPartHead + 20; piece += 1 + piece / 3) {
    EXPECT_EQ(parts_of(padded(70), piece), good) << piece;
    EXPECT_EQ(parts_of(padded(71), piece), bad) << piece;
    EXPECT_EQ(parts_of(headed(Multipart::kMaxPartHead), piece), good) << piece;
    EXPECT_EQ(parts_of(headed(Multipart::kMaxPartHead + 1), piece), bad) << piece;
  }
}

TEST(Multipart, names_may_be_quoted_escaped_or_bare) {
  const auto named = [](std::string_view field) {
    return parts_of("--XyZ\r\ncontent-disposition:form-data;" + std::string(field) + "\r\n\r\nv\r\n--XyZ--",
                    7);
  };
  EXPECT_EQ(named(" name=bare"), (Parts{{"bare", "v"}}));
  EXPECT_EQ(named("filename=\"a;name=b\"; NAME=\"q\\\"uo\\\\te\""), (Parts{{"q\"uo\\te", "v"}}));
}

TEST(Multipart, a_content_type_needs_a_valid_boundary) {
  for (const auto* type : {"", "application/json", "multipart/form-data",
                           "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a\\\"\r\n",
                           "multipart/mixed; boundary=a", "multipart/form-data; boundary=a{b}"})
    EXPECT_EQ(parts_of("--a--", 10, type), (Parts{{"error", "bad_request"}})) << type;
  EXPECT_TRUE(Multipart::of("Multipart/Form-Data; charset=x; boundary=\"a b'c\""));
  EXPECT_FALSE(Multipart::of("multipart/form-data; boundary=" + std::string(71, 'a')));
}

}  // namespace
}  // namespace wye::vm
