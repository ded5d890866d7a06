// One telemetry event: its record stays below the limit, is JSON with that seq and the same content, and
// survives the spool's frame. The first byte grows the text of the event, so that the limit is reached.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/encoding.h"
#include "base/unique_fd.h"
#include "events/make_record.h"
#include "events/spool.h"
#include "invariant.h"
#include "wire/describe.h"

namespace wye::fuzz {
namespace {

void survives_the_spool(const events::Record& record) {
  UniqueFd fd(::memfd_create("record", MFD_CLOEXEC));
  auto writer = events::SpoolWriter::open(fd.get());
  WYE_INVARIANT(writer);
  const auto written = writer->append(record);
  events::SpoolReader reader(fd.get());
  const auto read = reader.next();
  WYE_INVARIANT(read);
  if (!written) {
    WYE_INVARIANT(!*read);
    return;
  }
  if (!*read) {
    // No clock gives such a ts; every other appended record is read.
    WYE_INVARIANT(record.ts < 0 || record.ts > events::kMaxTs);
    return;
  }
  WYE_INVARIANT((*read)->seq == record.seq && (*read)->ts == record.ts && (*read)->json == record.json);
  WYE_INVARIANT((*read)->category == record.category && (*read)->type == record.type);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const auto growth = static_cast<std::size_t>(input.byte());
  auto event = wire::from_text<TelemetryEvent>(input.rest());
  if (!event) return 0;
  if (growth > 200 && event->data && event->data->is_object())
    event->data->get_object()["grown"] = std::string((growth - 200) * 40'000, growth % 2 == 0 ? 'x' : '"');
  const std::int64_t seq = 1 + static_cast<std::int64_t>(growth);
  const auto record = events::make_record(seq, std::move(*event));
  WYE_INVARIANT(record.seq == seq && record.json.size() < events::kMaxRecordBytes);
  const auto parsed = wire::from_text<TelemetryEnvelope>(record.json);
  WYE_INVARIANT(parsed && parsed->seq == seq && parsed->event.type == record.type);
  WYE_INVARIANT(is_utf8(events::cut_text(record.json, growth)));
  fuzz::survives_the_spool(record);
  return 0;
}
