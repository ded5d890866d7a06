// The spool from any bytes: the reader's records are sound and in order, the agent finds the same ones, and
// its appends remove none of them. Archived records may be trimmed at any record, and the rest stays. Each
// byte is read a few times at most, whatever the bytes are, and the same records are found in slices, by
// readers that follow each other, and while the file grows.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "events/spool.h"
#include "events/spool_index.h"
#include "invariant.h"
#include "wire/json_codec.h"

namespace wye::fuzz {
namespace {

using events::Record;

bool same(const Record& a, const Record& b) {
  return a.seq == b.seq && a.ts == b.ts && a.category == b.category && a.type == b.type && a.json == b.json;
}

// Checks that each byte is summed and parsed three times at most. A byte is read again where a frame turned
// out to hold a zero, and at each check of the file.
void is_linear(const events::SpoolReader& reader, std::int64_t size) {
  constexpr auto kMostOften = events::SpoolReader::kMostOften;
  const auto work = reader.work();
  WYE_INVARIANT(work.summed <= kMostOften * size && work.parsed <= kMostOften * size);
  WYE_INVARIANT(work.searched <= 4 * size && work.read <= 3 * size + 64);
}

std::vector<Record> records_of(int fd) {
  std::vector<Record> out;
  events::SpoolReader reader(fd);
  std::int64_t last_offset = 0;
  for (;;) {
    const auto next = reader.next();
    WYE_INVARIANT(next);
    if (!*next) break;
    const auto& record = **next;
    WYE_INVARIANT(record.seq >= 1 && record.ts >= 0);
    if (!out.empty()) WYE_INVARIANT(record.seq > out.back().seq && record.ts >= out.back().ts);
    WYE_INVARIANT(reader.offset() > last_offset && reader.last_seq() == record.seq);
    WYE_INVARIANT(wire::parse_json(record.json));
    last_offset = reader.offset();
    out.push_back(record);
  }
  struct stat status {};
  WYE_INVARIANT(::fstat(fd, &status) == 0);
  is_linear(reader, status.st_size);
  WYE_INVARIANT(reader.damaged_bytes() >= 0);
  const auto unread = reader.unread_bytes();
  WYE_INVARIANT(unread && *unread >= 0);
  return out;
}

// Reads like a server: a slice at a time, and each slice by a reader that begins where the previous one
// stopped, even after nothing but damage.
void is_the_same_in_slices(int fd, const std::vector<Record>& expected) {
  std::size_t found = 0;
  std::int64_t offset = 0, seq = 0, ts = 0;
  for (bool end = false; !end;) {
    events::SpoolReader reader(fd, offset, seq, ts, 16);
    const auto record = reader.next_within(32);
    WYE_INVARIANT(record);
    if (*record) WYE_INVARIANT(found < expected.size() && same(**record, expected[found++]));
    end = !*record && reader.at_end();
    WYE_INVARIANT(end || reader.offset() > offset);
    offset = reader.offset(), seq = reader.last_seq(), ts = reader.last_ts();
  }
  WYE_INVARIANT(found == expected.size());
}

// Reads with a reader that meets the file while only a part of it is there.
void is_the_same_while_it_grows(const std::string& bytes, const std::vector<Record>& expected) {
  UniqueFd fd(::memfd_create("spool", MFD_CLOEXEC));
  events::SpoolReader reader(fd.get());
  std::size_t found = 0;
  const auto step = bytes.size() / 8 + 1;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const auto piece = std::string_view(bytes).substr(at, step);
    WYE_INVARIANT(::pwrite(fd.get(), piece.data(), piece.size(), static_cast<off_t>(at)) ==
                  static_cast<ssize_t>(piece.size()));
    while (const auto record = reader.next().value())
      WYE_INVARIANT(found < expected.size() && same(*record, expected[found++]));
  }
  WYE_INVARIANT(found == expected.size());
}

// Makes the frames of `seqs`, with damage between them as the input says, so that whole frames are frequent.
std::string spool_of(Input& input) {
  std::string bytes;
  std::int64_t seq = 0;
  for (int i = 0; i < 40 && !input.rest().empty(); ++i) {
    const auto choice = input.byte();
    switch (choice % 6) {
      case 0: {  // unchanged
        const auto line = input.line();
        bytes += line;
        break;
      }
      case 1:
        bytes.append(choice, '\0');
        break;
      case 3: {  // heads that claim bytes of other frames
        auto frame = events::frame_of({++seq, 5, "c", "t", std::string(choice * 40, 'x')});
        if (choice % 2 == 0) frame[8] = static_cast<char>(frame[8] ^ 1);
        for (int more = choice / 16; more >= 0; --more) bytes += frame.substr(0, 12 + choice % 20);
        bytes += frame;
        break;
      }
      case 2: {  // cut short
        auto frame = events::frame_of({seq + 1, 5, "c", "t", "{\"seq\":1,\"event\":{}}"});
        bytes += frame.substr(0, choice % frame.size());
        break;
      }
      default: {
        seq += static_cast<std::int64_t>(choice % 7) - 1;
        bytes += events::frame_of({seq, seq, "c", "t", "{\"seq\":" + std::to_string(seq) + ",\"event\":{}}"});
      }
    }
  }
  return bytes;
}

// Reads like the server: up to a record, then commit, then trim. A log that was opened before begins there.
void survives_a_trim(int fd, const std::vector<Record>& records) {
  auto log = events::SpoolLog::open(fd);
  WYE_INVARIANT(log);
  events::SpoolReader reader(fd);
  for (std::size_t i = 0; i < (records.size() + 1) / 2; ++i) WYE_INVARIANT(reader.next().value());
  WYE_INVARIANT(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, reader.offset()) == 0);
  const auto rest = std::vector<Record>(
      records.begin() + static_cast<std::ptrdiff_t>((records.size() + 1) / 2), records.end());
  for (const auto& expected : rest) {
    const auto record = reader.next();
    WYE_INVARIANT(record && *record && same(**record, expected));
  }
  WYE_INVARIANT(!reader.next().value());
  const auto floor = rest.empty() ? records.back().seq + 1 : rest.front().seq;
  WYE_INVARIANT(log->floor().value() == floor);
}

void holds(const std::string& bytes) {
  UniqueFd fd(::memfd_create("spool", MFD_CLOEXEC));
  WYE_INVARIANT(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const auto before = records_of(fd.get());
  is_the_same_in_slices(fd.get(), before);
  is_the_same_while_it_grows(bytes, before);

  auto log = events::SpoolLog::open(fd.get());
  WYE_INVARIANT(log);
  std::vector<Record> indexed;
  WYE_INVARIANT(log->scan({}, [&](const Record& record) {
    indexed.push_back(record);
    return true;
  }));
  WYE_INVARIANT(indexed.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) WYE_INVARIANT(same(indexed[i], before[i]));

  const auto seq = log->last_seq() + 1;
  if (seq > events::kMaxSeq) return;
  const Record fresh{seq, log->last_ts(), "c", "t", "{\"seq\":" + std::to_string(seq) + ",\"event\":{}}"};
  WYE_INVARIANT(log->append(fresh));
  const auto after = records_of(fd.get());
  WYE_INVARIANT(after.size() > before.size());
  for (std::size_t i = 0; i < before.size(); ++i) WYE_INVARIANT(same(after[i], before[i]));
  WYE_INVARIANT(same(after[before.size()], fresh));
  survives_a_trim(fd.get(), after);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye::fuzz;
  Input input(data, size);
  if (input.byte() % 2 == 0)
    holds(std::string(input.rest()));
  else
    holds(spool_of(input));
  return 0;
}
