#include "net/loopback_host.h"

#include <gtest/gtest.h>

namespace wye::net {
namespace {

TEST(LoopbackHost, is_found_in_every_spelling) {
  for (const auto* host : {"127.0.0.1",
                           "127.255.0.9",
                           "127.1",
                           "127.0.1",
                           "2130706433",
                           "0x7f000001",
                           "0x7F.1",
                           "0177.0.0.1",
                           "017700000001",
                           "0x7f.0.0.0x1",
                           "127.0.0.1.",
                           "0",
                           "0.0.0.0",
                           "localhost",
                           "LOCALHOST",
                           "LocalHost.",
                           "a.localhost",
                           "a.b.LOCALHOST.",
                           "localhost.localdomain",
                           "ip6-localhost",
                           "::1",
                           "[::1]",
                           "0:0:0:0:0:0:0:1",
                           "[0000:0000:0000:0000:0000:0000:0000:0001]",
                           "::",
                           "::ffff:127.0.0.1",
                           "[::FFFF:7f00:1]",
                           "::ffff:0.0.0.0",
                           "::127.0.0.1",
                           "::1%lo",
                           "%6cocalhost",
                           "127%2e0.0.1"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
}

TEST(LoopbackHost, is_nothing_that_only_looks_like_it) {
  for (const auto* host : {"",
                           "128.0.0.1",
                           "126.255.255.255",
                           "127.0.0.1.example",
                           "127.0.0.1.nip.io",
                           "localhost.example",
                           "mylocalhost",
                           "xlocalhost",
                           "localhostx",
                           "2130706432.1",
                           "0x80000001",
                           "10.0.0.1",
                           "::2",
                           "fe80::1",
                           "::ffff:10.0.0.1",
                           "64:ff9b::7f00:1",
                           "1",
                           "127.0.0.0.1",
                           "dead.beef",
                           "face"})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

TEST(LoopbackHost, of_a_url_is_what_would_be_connected_to) {
  EXPECT_EQ(host_of_url("http://h"), "h");
  EXPECT_EQ(host_of_url("http://H:80/a@b:1"), "H");
  EXPECT_EQ(host_of_url("https://[::1]:7711/x"), "::1");
  EXPECT_EQ(host_of_url("http://u:p@127.0.0.1?q"), "127.0.0.1");
  EXPECT_EQ(host_of_url("http://[::1"), "::1");
  EXPECT_EQ(host_of_url("/x"), "");
}

}  // namespace
}  // namespace wye::net
