#include "relay/command_copies.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/network_of.h"

namespace wye::relay {
namespace {

/// A client's frame, masked.
std::string frame(unsigned first, std::string_view payload) {
  constexpr std::string_view kMask = "\x11\x22\x33\x44";
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  }
  out += kMask;
  for (std::size_t at = 0; at < payload.size(); ++at) out += static_cast<char>(payload[at] ^ kMask[at % 4]);
  return out;
}

constexpr unsigned kText = 0x81, kTextBegins = 0x01, kGoesOn = 0x00, kEnds = 0x80, kPing = 0x89,
                   kBinary = 0x82, kCompressed = 0x40;

/// Copies what a client sends to a socket of the test's own.
class Copies : public ::testing::Test {
 protected:
  Copies() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()) != 0)
      throw std::runtime_error("pair");
    agent_ = UniqueFd(fds[0]);
    relay_ = UniqueFd(fds[1]);
  }
  void start() {
    tracker_.show_pieces([this](const net::WsPiece& piece) { copies_.take(piece); });
    copies_.start(std::move(relay_));
  }
  void send(std::string_view bytes) {
    tracker_.feed(bytes);
    copies_.flush();
  }
  /// The messages that have come: `z` compressed, `c` cut, then the text, or its size when it is long.
  std::vector<std::string> received() {
    std::vector<std::string> out;
    std::vector<char> room(wire::kMaxCopyPacket + 1);
    for (;;) {
      const auto got = ::recv(agent_.get(), room.data(), room.size(), MSG_DONTWAIT);
      if (got <= 0) return out;
      EXPECT_LE(static_cast<std::size_t>(got), wire::kMaxCopyPacket);
      wire::CopyReader reader({room.data(), static_cast<std::size_t>(got)});
      told_lost_ = reader.lost();
      while (const auto part = reader.next()) {
        if (part->begins) begun_ = part->compressed ? "z" : "";
        begun_ += part->bytes;
        if (part->ends)
          out.push_back((part->cut ? "c" : "") +
                        (begun_.size() > 100 ? std::to_string(begun_.size()) : begun_));
      }
    }
  }

  UniqueFd agent_, relay_;
  net::WsFrameTracker tracker_;
  CommandCopies copies_;
  std::string begun_;
  std::int64_t told_lost_ = 0;
};

using Seen = std::vector<std::string>;

TEST_F(Copies, messages_of_text_come_unmasked_however_they_were_cut) {
  const auto bytes = frame(kText, "one") + frame(kPing, "no") + frame(kTextBegins, "tw") + frame(kPing, "") +
                     frame(kGoesOn, "") + frame(kEnds, "o") + frame(kBinary, "no") +
                     frame(kText | kCompressed, "xyz") + frame(kText, "");
  start();
  send(bytes);
  EXPECT_EQ(received(), (Seen{"one", "two", "zxyz", ""}));
  for (const char byte : bytes) send({&byte, 1});
  EXPECT_EQ(received(), (Seen{"one", "two", "zxyz", ""}));
  EXPECT_EQ(copies_.lost(), 0);
}

TEST_F(Copies, a_message_under_way_when_they_begin_is_not_copied_and_not_lost) {
  const auto first = frame(kTextBegins, "begun");
  send(first.substr(0, 8));
  start();
  send(first.substr(8));
  send(frame(kGoesOn, "on") + frame(kEnds, "end") + frame(kText, "next"));
  EXPECT_EQ(received(), Seen{"next"});
  EXPECT_EQ(copies_.lost(), 0);
}

TEST_F(Copies, of_a_long_message_the_first_64_KiB_come) {
  start();
  send(frame(kText, std::string(wire::kMaxCopied, 'x')) + frame(kText, "then"));
  EXPECT_EQ(received(), (Seen{"65536", "then"}));
  send(frame(kText, std::string(wire::kMaxCopied + 1, 'x')) + frame(kText, "then"));
  EXPECT_EQ(received(), (Seen{"c65536", "then"}));
  send(frame(kTextBegins, std::string(40'000, 'x')) + frame(kGoesOn, std::string(40'000, 'x')) +
       frame(kEnds, "y") + frame(kText, "then"));
  EXPECT_EQ(received(), (Seen{"c65536", "then"}));
  EXPECT_EQ(copies_.lost(), 0);
}

TEST_F(Copies, what_an_agent_does_not_read_is_lost_and_counted) {
  start();
  constexpr int kSent = 100;
  for (int i = 0; i < kSent; ++i) send(frame(kText, std::string(50'000, 'x')));
  const auto lost = copies_.lost();
  EXPECT_GT(lost, 0);
  const auto whole = received();
  EXPECT_EQ(static_cast<std::int64_t>(whole.size()) + lost, kSent);
  send(frame(kText, "again"));
  EXPECT_EQ(received(), Seen{"again"});
  EXPECT_EQ(told_lost_, lost) << "the next packet tells";
}

TEST_F(Copies, a_message_whose_part_is_lost_is_lost_once) {
  start();
  while (copies_.lost() == 0) send(frame(kText, std::string(50'000, 'x')));
  const auto before = copies_.lost();
  send(frame(kTextBegins, std::string(50'000, 'x')));
  const auto read = received().size();
  EXPECT_GT(read, 0u);
  EXPECT_EQ(copies_.lost(), before + 1);
  send(frame(kGoesOn, "on") + frame(kEnds, "end") + frame(kText, "whole"));
  EXPECT_EQ(received(), Seen{"whole"});
  EXPECT_EQ(copies_.lost(), before + 1);
}

TEST_F(Copies, an_agent_that_has_closed_its_end_is_not_sent_to_and_nothing_is_lost) {
  start();
  agent_.reset();
  send(frame(kText, "one") + frame(kText, "two"));
  send(frame(kText, "three"));
  EXPECT_EQ(copies_.lost(), 0);
}

TEST_F(Copies, go_over_a_socket_of_packets_of_the_network_only) {
  const auto network = network_of(agent_.get());
  ASSERT_NE(network, 0u);
  EXPECT_TRUE(takes_copies(relay_.get(), network));
  EXPECT_FALSE(takes_copies(relay_.get(), network + 1));
  EXPECT_FALSE(takes_copies(relay_.get(), 0));
  std::array<int, 2> fds{};
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    ASSERT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds.data()), 0);
    const UniqueFd one(fds[0]), other(fds[1]);
    EXPECT_FALSE(takes_copies(one.get(), network));
  }
  const UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC)),
      tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(takes_copies(file.get(), network));
  EXPECT_FALSE(takes_copies(tcp.get(), network));
}

}  // namespace
}  // namespace wye::relay
