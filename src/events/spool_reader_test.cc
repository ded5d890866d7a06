// Spools written to be slow to read. Each byte is looked at a few times at most, whatever the bytes are.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "events/paging_contract.h"
#include "events/spool.h"

namespace wye::events {
namespace {

using testing::sample;

/// Makes a spool of these bytes.
struct Spool {
  explicit Spool(const std::string& bytes = {}) { add(bytes); }
  void add(const std::string& bytes) {
    EXPECT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), size), static_cast<ssize_t>(bytes.size()));
    size += static_cast<std::int64_t>(bytes.size());
  }
  UniqueFd fd{::memfd_create("spool", MFD_CLOEXEC)};
  std::int64_t size = 0;
};

std::vector<std::int64_t> read_all(SpoolReader& reader) {
  std::vector<std::int64_t> seqs;
  while (auto record = reader.next().value()) seqs.push_back(record->seq);
  return seqs;
}

std::string repeated(const std::string& what, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += what;
  return out;
}

std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}
std::string head_of(std::uint32_t length, std::uint32_t sum) {
  return std::string(kFrameMagic) + little(length, 4) + little(sum, 4);
}
/// Makes a frame with a right checksum, whatever its payload.
std::string framed(const std::string& payload) {
  return head_of(static_cast<std::uint32_t>(payload.size()), payload_sum(payload)) + payload;
}
std::string payload_of(std::int64_t seq, std::int64_t ts, const std::string& text) {
  return little(static_cast<std::uint64_t>(seq), 8) + little(static_cast<std::uint64_t>(ts), 8) +
         std::string("\1\1ct") + text;
}

struct Poison {
  const char* name;
  std::string bytes;
  bool waits = false;  ///< The end may still become a frame.
};
void PrintTo(const Poison& poison, std::ostream* out) { *out << poison.name; }

constexpr std::size_t kMiB = 1 << 20;

// Nests frames with right checksums, each within the one before.
std::string nested() {
  std::string inner = payload_of(9, 9, "x");
  while (inner.size() < 900'000) inner = payload_of(9, 9, "x") + framed(inner) + std::string(5000, 'x');
  return framed(inner);
}

std::vector<Poison> poisons() {
  std::vector<Poison> out;
  out.push_back({"heads_that_claim_a_megabyte", repeated(head_of(1'000'000, 1), 4 * kMiB), true});
  // Their first 30 bytes are valid.
  const auto likely = head_of(1'000'000, 1) + payload_of(5, 5, "");
  out.push_back({"heads_that_may_follow", repeated(likely, 4 * kMiB), true});
  out.push_back({"overlapping_heads", repeated(head_of(900'000, 0x31455957), 4 * kMiB), true});
  out.push_back({"wrong_sums", repeated(likely + std::string(900'000, 'x'), 4 * kMiB), true});
  const auto text = "{\"seq\":5,\"event\":{\"x\":\"" + std::string(900'000, 'x') + "\"}";
  out.push_back({"right_sums_and_unsound_text", repeated(framed(payload_of(5, 5, text)), 4 * kMiB)});
  out.push_back({"right_sums_and_old_seqs", repeated(framed(payload_of(1, 5, text + "}")), 4 * kMiB)});
  out.push_back({"right_sums_and_old_times", repeated(framed(payload_of(5, 1, text + "}")), 4 * kMiB)});
  out.push_back(
      {"right_sums_and_endless_seqs", repeated(framed(payload_of(INT64_MAX, 5, text + "}")), 4 * kMiB)});
  out.push_back({"nested_frames", repeated(nested(), 4 * kMiB)});
  out.push_back({"small_frames_of_no_envelope", repeated(framed(payload_of(5, 5, "{}")), 4 * kMiB)});
  out.push_back({"noise", std::string(4 * kMiB, 'x')});
  out.push_back({"beginnings_of_magics", repeated("WYE", 4 * kMiB), true});
  out.push_back({"zeros", std::string(4 * kMiB, '\0')});
  return out;
}

class PoisonedSpool : public ::testing::TestWithParam<Poison> {};
INSTANTIATE_TEST_SUITE_P(Spool, PoisonedSpool, ::testing::ValuesIn(poisons()),
                         [](const auto& poison) { return poison.param.name; });

// Puts sound records before and after the damage.
TEST_P(PoisonedSpool, is_read_in_time_that_grows_with_its_bytes_and_costs_no_record) {
  Spool spool(frame_of(sample(2, 2)) + GetParam().bytes + frame_of(sample(6, 6)));
  SpoolReader reader(spool.fd.get());
  EXPECT_EQ(read_all(reader), (std::vector<std::int64_t>{2, 6}));
  const auto work = reader.work();
  EXPECT_LE(work.summed, SpoolReader::kMostOften * spool.size);
  EXPECT_LE(work.parsed, SpoolReader::kMostOften * spool.size);
  EXPECT_LE(work.searched, 4 * spool.size);
  EXPECT_LE(work.read, 3 * spool.size + 2 * SpoolReader::kReadAhead);
  EXPECT_EQ(reader.offset(), spool.size);
}

TEST_P(PoisonedSpool, is_passed_once_also_when_nothing_sound_follows) {
  Spool spool(frame_of(sample(2, 2)) + GetParam().bytes);
  SpoolReader reader(spool.fd.get());
  EXPECT_EQ(read_all(reader), std::vector<std::int64_t>{2});
  if (GetParam().waits)
    EXPECT_GE(reader.offset(), spool.size - static_cast<std::int64_t>(kMaxPayload + kFrameHead));
  else
    EXPECT_EQ(reader.offset(), spool.size);
  // A reader that starts at that offset meets none of the damage again.
  SpoolReader next(spool.fd.get(), reader.offset(), reader.last_seq(), reader.last_ts());
  EXPECT_EQ(read_all(next), std::vector<std::int64_t>{});
  EXPECT_EQ(next.damaged_bytes(), 0);
  EXPECT_EQ(next.work().summed, 0);
}

TEST_P(PoisonedSpool, is_left_off_after_a_slice) {
  constexpr std::int64_t kSlice = 128 * 1024;
  Spool spool(GetParam().bytes + frame_of(sample(6, 6)));
  SpoolReader reader(spool.fd.get(), 0, 2, 2);
  int slices = 0;
  std::vector<std::int64_t> seqs;
  for (;; ++slices) {
    const auto before = reader.work();
    const auto record = reader.next_within(kSlice).value();
    const auto after = reader.work();
    constexpr auto kFrame = static_cast<std::int64_t>(kMaxPayload + kFrameHead);
    EXPECT_LE(after.read - before.read, kSlice + 2 * kFrame);
    EXPECT_LE(after.summed - before.summed, SpoolReader::kMostOften * (kSlice + 2 * kFrame));
    if (record) seqs.push_back(record->seq);
    if (!record && reader.at_end()) break;
  }
  EXPECT_EQ(seqs, std::vector<std::int64_t>{6});
  EXPECT_GE(slices, 3);
}

TEST(SpoolReader, a_frame_that_claims_much_holds_up_none_of_those_behind_it) {
  Spool spool(head_of(1'000'000, 1) + payload_of(3, 3, "{\"seq\":3"));
  SpoolReader reader(spool.fd.get(), 0, 2, 2);
  EXPECT_EQ(read_all(reader), std::vector<std::int64_t>{});
  EXPECT_EQ(reader.offset(), 0) << "it may still be written";
  spool.add(frame_of(sample(4, 4)));
  EXPECT_EQ(read_all(reader), std::vector<std::int64_t>{4});
  EXPECT_GT(reader.damaged_bytes(), 0);
}

TEST(SpoolReader, a_frame_that_grows_byte_by_byte_is_looked_at_once) {
  Spool spool(head_of(1'000'000, 1) + payload_of(3, 3, ""));
  SpoolReader reader(spool.fd.get());
  const std::string piece(1000, 'x');
  for (int i = 0; i < 900; ++i) {
    spool.add(piece);
    ASSERT_FALSE(reader.next().value());
  }
  EXPECT_LE(reader.work().searched, 2 * spool.size);
  EXPECT_EQ(reader.offset(), 0);
}

// A file of 16 EiB with a few blocks of data.
TEST(SpoolReader, a_hole_is_passed_at_once_however_long_it_is) {
  Spool spool;
  std::int64_t seq = 0;
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{1} << 40, std::int64_t{1} << 62}) {
    ++seq;
    const auto frame = frame_of(sample(seq, seq));
    ASSERT_EQ(::pwrite(spool.fd.get(), frame.data(), frame.size(), at), static_cast<ssize_t>(frame.size()));
  }
  ASSERT_EQ(::ftruncate(spool.fd.get(), INT64_MAX), 0);
  SpoolReader reader(spool.fd.get());
  EXPECT_EQ(read_all(reader), (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_LE(reader.work().read, 8 * SpoolReader::kReadAhead);
  EXPECT_EQ(reader.damaged_bytes(), 0);
}

}  // namespace
}  // namespace wye::events
