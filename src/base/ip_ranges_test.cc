#include "base/ip_ranges.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>

namespace wye {
namespace {

Reach reach(const std::string& text) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return reach_of(v4);
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6), 1) << text;
  return reach_of(v6);
}

TEST(IpRanges, begin_and_end_where_their_sources_say) {
  for (const auto* address :
       {"0.0.0.0", "0.255.255.255", "100.100.100.200", "168.63.129.16", "169.254.0.0", "169.254.169.254",
        "192.0.0.192", "192.0.2.9", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.6",
        "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"})
    EXPECT_EQ(reach(address), Reach::never) << address;
  for (const auto* address :
       {"10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.199", "127.0.0.1",
        "127.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255", "198.18.0.0",
        "198.19.255.255"})
    EXPECT_EQ(reach(address), Reach::internal) << address;
  for (const auto* address :
       {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",        "93.184.216.34", "100.63.255.255",
        "100.128.0.0",     "126.255.255.255", "128.0.0.0",       "168.63.129.15", "168.63.129.17",
        "169.253.255.255", "169.255.0.0",     "172.15.255.255",  "172.32.0.0",    "191.255.255.255",
        "192.0.1.0",       "192.0.3.0",       "192.167.255.255", "192.169.0.0",   "198.17.255.255",
        "198.20.0.0",      "223.255.255.255"})
    EXPECT_EQ(reach(address), Reach::everywhere) << address;
}

TEST(IpRanges, judge_ipv6_by_what_it_leads_to) {
  for (const auto* address : {"::",
                              "::2",
                              "::127.0.0.1",
                              "::93.184.216.34",
                              "::ffff:0:93.184.216.34",
                              "64:ff9b:1::5db8:d822",
                              "100::1",
                              "2001::1",
                              "2001:1ff:ffff::",
                              "2001:db8::1",
                              "2002:5db8:d822::1",
                              "2620:4f:8000::1",
                              "3fff::1",
                              "3fff:fff::1",
                              "4000::1",
                              "5f00::1",
                              "fd00:ec2::254",
                              "fd20:ce::254",
                              "fe80::1",
                              "febf::1",
                              "fec0::1",
                              "ff02::1"})
    EXPECT_EQ(reach(address), Reach::never) << address;
  for (const auto* address : {"::1", "fc00::1", "fd00::1", "fd00:ec2::253", "fdff:ffff::1"})
    EXPECT_EQ(reach(address), Reach::internal) << address;
  for (const auto* address : {"2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db9::1", "2003::1",
                              "2620:4f:7fff::1", "3fff:1000::1"})
    EXPECT_EQ(reach(address), Reach::everywhere) << address;
}

TEST(IpRanges, judge_ipv4_within_ipv6_as_ipv4) {
  for (const std::string prefix : {"::ffff:", "64:ff9b::"}) {
    EXPECT_EQ(reach(prefix + "168.63.129.16"), Reach::never) << prefix;
    EXPECT_EQ(reach(prefix + "169.254.169.254"), Reach::never) << prefix;
    EXPECT_EQ(reach(prefix + "127.0.0.1"), Reach::internal) << prefix;
    EXPECT_EQ(reach(prefix + "93.184.216.34"), Reach::everywhere) << prefix;
  }
}

TEST(IpRanges, are_addresses_that_can_be_read) {
  for (const auto& range : ip_ranges()) {
    const std::string network(range.network);
    const bool v6 = network.find(':') != std::string::npos;
    in6_addr out{};
    EXPECT_EQ(::inet_pton(v6 ? AF_INET6 : AF_INET, network.c_str(), &out), 1) << network;
    EXPECT_TRUE(range.bits > 0 && range.bits <= (v6 ? 128 : 32)) << network;
  }
}

}  // namespace
}  // namespace wye
