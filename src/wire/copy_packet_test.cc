#include "wire/copy_packet.h"

#include <gtest/gtest.h>

namespace wye::wire {
namespace {

std::string shown(std::string_view packet) {
  CopyReader reader(packet);
  std::string out = std::to_string(reader.lost());
  while (const auto part = reader.next()) {
    out += std::string(" ") + (part->begins ? "b" : "") + (part->ends ? "e" : "") +
           (part->compressed ? "z" : "") + (part->cut ? "c" : "") + ":" + std::string(part->bytes);
  }
  return out;
}

TEST(CopyPacket, parts_are_read_as_they_were_written) {
  CopyWriter writer;
  EXPECT_TRUE(writer.is_empty());
  writer.add({.begins = true, .ends = true, .bytes = "one"});
  writer.add({.begins = true, .compressed = true, .bytes = ""});
  writer.add({.ends = true, .cut = true, .bytes = "two"});
  EXPECT_EQ(shown(writer.packet(7)), "7 be:one bz: ec:two");
  writer.clear();
  EXPECT_TRUE(writer.is_empty());
  EXPECT_EQ(shown(writer.packet(8)), "8") << "the losses alone";
}

TEST(CopyPacket, is_as_large_as_it_may_be_and_no_larger) {
  CopyWriter writer;
  writer.add({.begins = true, .bytes = std::string(1000, 'x')});
  writer.add({.ends = true, .bytes = std::string(writer.room(), 'y')});
  EXPECT_EQ(writer.room(), 0u);
  EXPECT_EQ(writer.packet(0).size(), kMaxCopyPacket);
}

TEST(CopyPacket, what_is_no_packet_has_no_parts_beyond_its_bytes) {
  CopyWriter writer;
  writer.add({.begins = true, .ends = true, .bytes = "whole"});
  const std::string packet(writer.packet(1));
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_EQ(shown(std::string_view(packet).substr(0, size)), size < 8 ? "0" : "1") << size;
  const std::string negative(8, '\xff');
  EXPECT_EQ(shown(negative), "0");
}

}  // namespace
}  // namespace wye::wire
