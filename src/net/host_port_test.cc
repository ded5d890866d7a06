#include "net/host_port.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/socket_address.h"

namespace wye::net {
namespace {

TEST(HostPort, reads_names_and_addresses_of_both_families) {
  struct Row {
    const char *text, *host, *url;
  };
  for (const auto& [text, host, url] :
       {Row{"127.0.0.1:7711", "127.0.0.1", "127.0.0.1:7711"}, Row{"localhost:0", "localhost", "localhost:0"},
        Row{"[::1]:0", "::1", "[::1]:0"}, Row{"[::]:65535", "::", "[::]:65535"},
        Row{"[0:0:0:0:0:0:0:1]:80", "::1", "[::1]:80"},
        Row{"[2001:DB8::a]:1", "2001:db8::a", "[2001:db8::a]:1"},
        Row{"[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", "[::ffff:127.0.0.1]:80"}}) {
    const auto parsed = parse_host_port(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->host, host);
    EXPECT_EQ(authority(parsed->host, parsed->port), url);
  }
}

TEST(HostPort, says_what_to_write_instead) {
  struct Row {
    const char *text, *says;
  };
  for (const auto& [text, says] : {Row{"", "HOST:PORT"},
                                   Row{"nowhere", "HOST:PORT"},
                                   Row{":80", "HOST:PORT"},
                                   Row{"h:", "port"},
                                   Row{"h:x", "port"},
                                   Row{"h:65536", "65535"},
                                   Row{"h:-1", "port"},
                                   Row{"h: 1", "port"},
                                   Row{"a b:1", "HOST:PORT"},
                                   Row{"::1", "[::1]:7711"},
                                   Row{"::1:7711", "[::1]:7711"},
                                   Row{"fe80::1:80", "[::1]:7711"},
                                   Row{"[::1]", "HOST:PORT"},
                                   Row{"[::1]x:1", "brackets"},
                                   Row{"[::g]:1", "brackets"},
                                   Row{"[]:1", "brackets"},
                                   Row{"[127.0.0.1]:1", "brackets"},
                                   Row{"[::1:1", "brackets"},
                                   Row{"[fe80::1%eth0]:1", "zone id"},
                                   Row{"fe80::1%eth0:1", "zone id"}}) {
    const auto parsed = parse_host_port(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find(says), std::string::npos) << text << ": " << parsed.error().message;
  }
}

TEST(SocketAddress, all_addresses_are_those_of_both_families) {
  const auto listener = open_tcp_listener("::", 0, false);
  if (!listener) GTEST_SKIP() << "no IPv6 here";
  for (const bool v6 : {false, true}) {
    const UniqueFd client(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 to6{
        .sin6_family = AF_INET6, .sin6_port = htons(listener->port), .sin6_addr = in6addr_loopback};
    sockaddr_in to4{
        .sin_family = AF_INET, .sin_port = htons(listener->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const auto* to = v6 ? reinterpret_cast<const sockaddr*>(&to6) : reinterpret_cast<const sockaddr*>(&to4);
    ASSERT_EQ(::connect(client.get(), to, v6 ? sizeof to6 : sizeof to4), 0);
    const auto accepted = accept_from(listener->fd.get());
    ASSERT_TRUE(accepted);
    EXPECT_EQ(peer_address(accepted.get()), v6 ? "::1" : "127.0.0.1") << "as its own family writes it";
  }
}

}  // namespace
}  // namespace wye::net
