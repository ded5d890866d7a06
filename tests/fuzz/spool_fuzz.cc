// The spool from any bytes: the reader's records are sound and in order, the agent finds the same ones, and
// what it appends takes none of them away. What was archived may be trimmed at any record: the rest stays.
#include <fcntl.h>
#include <sys/mman.h>
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
  WYE_INVARIANT(reader.damaged_bytes() >= 0);
  const auto unread = reader.unread_bytes();
  WYE_INVARIANT(unread && *unread >= 0);
  return out;
}

// The frames of `seqs`, with damage between them as the input says; so that whole frames are met often.
std::string spool_of(Input& input) {
  std::string bytes;
  std::int64_t seq = 0;
  for (int i = 0; i < 40 && !input.rest().empty(); ++i) {
    const auto choice = input.byte();
    switch (choice % 5) {
      case 0: {  // as it came
        const auto line = input.line();
        bytes += line;
        break;
      }
      case 1:
        bytes.append(choice, '\0');
        break;
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

// As the server does it: read up to a record, commit, trim. A log that was opened before begins there.
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

  auto log = events::SpoolLog::open(fd.get());
  WYE_INVARIANT(log);
  std::vector<Record> indexed;
  WYE_INVARIANT(log->scan({}, [&](const Record& record) {
    indexed.push_back(record);
    return true;
  }));
  WYE_INVARIANT(indexed.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) WYE_INVARIANT(same(indexed[i], before[i]));

  const auto seq = log->last_seq() == INT64_MAX ? log->last_seq() : log->last_seq() + 1;
  if (seq == log->last_seq()) return;
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
