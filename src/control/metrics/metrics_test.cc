#include "control/metrics/metrics.h"

#include <gtest/gtest.h>

#include "testing/exposition_reader.h"

namespace wye::control {
namespace {

using testing::ExpositionReader;

TEST(Metrics, are_a_valid_exposition) {
  MetricsSnapshot now;
  now.archive_lag_seconds = 1.5;
  const ExpositionReader read(render_metrics(now));
  EXPECT_EQ(read.faults(), std::vector<std::string>{});
  EXPECT_GT(read.series().size(), 80u);
  EXPECT_EQ(read.value("wye_archive_lag_seconds"), 1.5);
  EXPECT_EQ(read.value("wye_requests_total{leg=\"direct\",reason=\"browser_gone\",outcome=\"4xx\"}"), 0)
      << "series are there before they move";
}

TEST(Metrics, the_set_of_series_is_bounded_whatever_happened) {
  MetricsSnapshot quiet, wild;
  for (auto* leg : {&wild.direct, &wild.control_plane})
    for (auto& outcomes : leg->answered) outcomes.fill(7);
  const auto few = ExpositionReader(render_metrics(quiet)).series().size();
  const ExpositionReader many(render_metrics(wild));
  EXPECT_EQ(many.faults(), std::vector<std::string>{});
  EXPECT_LE(many.series().size(), few + 2 * metro::kReasons * metro::kOutcomes);
  EXPECT_EQ(many.sum("wye_requests_total"), 2 * metro::kReasons * metro::kOutcomes * 7);
}

TEST(Metrics, each_number_is_told_where_it_belongs) {
  MetricsSnapshot now;
  now.direct.answered[static_cast<std::size_t>(metro::Reason::agent)]
                     [static_cast<std::size_t>(metro::Outcome::success)] = 11;
  now.control_plane.streams = 12;
  now.sessions_live = 13;
  now.creates_waiting = 14;
  now.hits_create_queue = 15;
  now.direct.refused_connections = 8;
  now.control_plane.refused_connections = 8;
  now.agents.lost = 17;
  now.archive_reads_gone = 18;
  now.process.open_files = 19;
  const ExpositionReader read(render_metrics(now));
  EXPECT_EQ(read.value("wye_requests_total{leg=\"direct\",reason=\"agent\",outcome=\"2xx\"}"), 11);
  EXPECT_EQ(read.value("wye_event_streams{leg=\"control_plane\"}"), 12);
  EXPECT_EQ(read.value("wye_sessions{state=\"live\"}"), 13);
  EXPECT_EQ(read.value("wye_creates{state=\"waiting\"}"), 14);
  EXPECT_EQ(read.value("wye_limit_hits_total{limit=\"create_queue\"}"), 15);
  EXPECT_EQ(read.value("wye_limit_hits_total{limit=\"connections\"}"), 16);
  EXPECT_EQ(read.value("wye_agent_events_total{what=\"lost\"}"), 17);
  EXPECT_EQ(read.value("wye_archive_reads_total{session=\"gone\"}"), 18);
  EXPECT_EQ(read.value("process_open_fds"), 19);
}

// Other tests judge by this reader, so it is judged here.
TEST(ExpositionReader, refuses_what_the_format_does_not_allow) {
  const std::string good = "# HELP a_total A.\n# TYPE a_total counter\na_total{l=\"x\"} 1\n";
  EXPECT_TRUE(ExpositionReader(good).faults().empty());
  for (const std::string& bad : std::vector<std::string>{
           good + good, good + "a_total{l=\"x\"} 2\n", good + "b 1\n", good + "a_total{l=\"y\"} one\n",
           good + "a_total{l=\"y\"} -1\n", good + "a_total{l=\"a\"b\"} 1\n",
           good + "a_total{l=\"y\",l=\"z\"} 1\n", good + "a_total{l=\"y\",} 1\n", good + "a_total{l=y} 1\n",
           good + "a_total{1=\"y\"} 1\n", good + "# HELP b B.\n# TYPE b gauge\na_total{l=\"y\"} 1\n",
           "# HELP a A.\n# TYPE a counter\na 1\n", "# TYPE a gauge\na 1\n", "a 1\n",
           "# HELP a-b A.\n# TYPE a-b gauge\na-b 1\n", good.substr(0, good.size() - 1)})
    EXPECT_FALSE(ExpositionReader(bad).faults().empty()) << bad;
}

}  // namespace
}  // namespace wye::control
