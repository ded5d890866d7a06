#include "net/ws_messages.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/ws_frames.h"

namespace wye::net {
namespace {

using Kind = WsMessages::Kind;
using namespace std::string_literals;

constexpr std::size_t kMost = 1000;

// A client's frame, masked.
std::string frame(unsigned char first, std::string_view payload) {
  const auto size = payload.size();
  std::string out(1, static_cast<char>(first));
  if (size < 126) {
    out += static_cast<char>(0x80 | size);
  } else {
    out += "\xfe"s + static_cast<char>(size >> 8) + static_cast<char>(size & 0xff);
  }
  constexpr std::string_view kMask("m4\xff\0", 4);
  out += kMask;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out;
}

struct Read {
  std::string text;  // of each message its kind, code and payload
  int fault = 0;
};

Read read(std::string_view bytes, std::size_t step) {
  Read out;
  WsMessages messages(kMost);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    auto piece = bytes.substr(0, step);
    while (const auto one = messages.next(piece)) {
      out.text += "tbpqc"[static_cast<std::size_t>(one->kind)] + std::to_string(one->payload.size());
      out.text += one->kind == Kind::close ? "=" + std::to_string(one->code) : "";
      out.text += ":" + one->payload.substr(0, 5) + " ";
    }
    if (messages.fault()) {
      out.fault = messages.fault()->code;
      return out;
    }
    EXPECT_TRUE(piece.empty());
  }
  return out;
}

void expect(const std::string& bytes, const std::string& text, int fault = 0) {
  for (const auto step : {std::size_t{1}, std::size_t{3}, std::size_t{64}, bytes.size()}) {
    const auto got = read(bytes, step);
    EXPECT_EQ(got.text, text) << "step " << step;
    EXPECT_EQ(got.fault, fault) << "step " << step;
  }
}

TEST(WsMessages, messages_are_whole_however_they_are_cut) {
  expect(frame(0x81, "hello") + frame(0x82, "\x01\x02") + frame(0x82, ""), "t5:hello b2:\x01\x02 b0: ");
  expect(frame(0x82, std::string(126, 'a')) + frame(0x82, std::string(kMost, 'b')),
         "b126:aaaaa b1000:bbbbb ");
}

TEST(WsMessages, control_frames_come_between_the_fragments_of_a_message) {
  expect(frame(0x01, "he") + frame(0x89, "now") + frame(0x00, "") + frame(0x8a, "") + frame(0x80, "llo"),
         "p3:now q0: t5:hello ");
  expect(frame(0x88,
               "\x03\xe8"
               "bye"),
         "c3=1000:bye ");
  expect(frame(0x88, ""), "c0=1005: ");
}

TEST(WsMessages, a_text_may_be_cut_within_a_character) {
  expect(frame(0x01, "\xc3") + frame(0x80, "\xa4"), "t2:\xc3\xa4 ");
  expect(frame(0x01, "\xc3") + frame(0x80, "x"), "", 1007);
}

TEST(WsMessages, what_is_too_large_is_refused_before_it_has_come) {
  expect(std::string("\x82\xff\x00\x00\x00\x00\xff\xff\xff\xff"
                     "mask",
                     14),
         "", 1009);
  expect(std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                     "mask",
                     14),
         "", 1009);
  expect(frame(0x02, std::string(kMost, 'a')) + frame(0x00, "") + frame(0x00, "b"), "", 1009);
}

TEST(WsMessages, what_the_protocol_forbids_ends_it) {
  expect(std::string("\x81\x05hello", 7), "", 1002);  // unmasked
  expect(frame(0xc1, "x"), "", 1002);                 // compressed
  expect(frame(0x83, "x"), "", 1002);                 // unknown opcodes
  expect(frame(0x8b, "x"), "", 1002);
  expect(frame(0x09, "x"), "", 1002);                     // fragmented ping
  expect(frame(0x89, std::string(126, 'x')), "", 1002);   // large ping
  expect(frame(0x80, "x"), "", 1002);                     // fragment of nothing
  expect(frame(0x01, "x") + frame(0x81, "y"), "", 1002);  // message in a message
  expect(std::string("\x82\xfe\x00\x7d"
                     "mask",
                     8),
         "", 1002);  // length of 125 in two
  expect(std::string("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff"
                     "mask",
                     14),
         "", 1002);                       // and in eight bytes
  expect(frame(0x88, "\x03"), "", 1002);  // half a code
  for (const auto& code : {"\x00\x00"s, "\x03\xe7"s, "\x03\xed"s, "\x03\xee"s, "\x03\xf7"s, "\x13\x88"s})
    expect(frame(0x88, code), "", 1002);
  expect(frame(0x88, "\x03\xe8\xff"), "", 1007);
  expect(frame(0x81, "\xff"), "", 1007);
}

TEST(WsMessages, what_a_server_writes_is_read_by_its_frames) {
  for (const auto size : {0, 125, 126, 65'535, 65'536}) {
    std::string bytes;
    append_ws_message(bytes, Kind::binary, std::string(static_cast<std::size_t>(size), 'x'));
    append_ws_message(bytes, Kind::pong, "p");
    std::uint64_t seen = 0;
    WsFrameTracker tracker;
    tracker.show_pieces([&](const WsPiece& piece) { seen += piece.masked.size(); });
    tracker.feed(bytes);
    EXPECT_TRUE(tracker.at_boundary());
    EXPECT_EQ(tracker.messages(), 1);
    EXPECT_EQ(seen, static_cast<std::uint64_t>(size) + 1);
  }
}

}  // namespace
}  // namespace wye::net
