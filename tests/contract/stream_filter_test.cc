// A live stream with a filter: what each connection asks for, and what counts as missed.
#include "contract_fixture.h"

namespace wye {
namespace {

using testing::Play;
using testing::SeenRequest;

std::string event(int seq, const std::string& category = "network") {
  return "id: " + std::to_string(seq) + "\ndata: {\"seq\":" + std::to_string(seq) +
         ",\"event\":{\"ts\":1,\"type\":\"made\",\"category\":\"" + category +
         "\",\"source\":{\"kind\":\"cdp\"}}}\n\n";
}

class StreamFilter : public Contract {
 protected:
  /// Plays one piece for each connection; after the last, the session is gone.
  void play(std::vector<std::string> pieces) {
    learn();
    metro_script_ = [pieces = std::move(pieces), this](const SeenRequest&) {
      if (connections_ == pieces.size()) return testing::answer(404, kGone);
      return Play{.bytes =
                      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + pieces[connections_++]};
    };
  }
  std::vector<std::int64_t> read_all(TelemetryStream& stream) {
    std::vector<std::int64_t> seqs;
    for (const auto& event : stream) {
      EXPECT_TRUE(event);
      if (event) seqs.push_back(event->seq);
    }
    return seqs;
  }
  std::size_t connections_ = 0;
};

TEST_F(StreamFilter, is_asked_for_anew_when_the_stream_resumes_and_losses_are_counted_as_told) {
  play({event(5) + event(9), ": dropped 3\n\n" + event(20) + ": dropped 1\n\n" + event(30)});
  auto stream =
      client()
          .telemetry()
          .stream(kSession, {.auto_resume = true, .categories = {"network", "page"}, .types = {"made"}})
          .value();
  EXPECT_EQ(read_all(stream), (std::vector<std::int64_t>{5, 9, 20, 30}));
  EXPECT_EQ(stream.missed(), 4) << "gaps between ids say nothing";
  const auto seen = metro_.seen();
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& request : seen)
    EXPECT_NE(request.line.find("telemetry/stream?category=network%2Cpage&type=made&jwt="), std::string::npos)
        << request.line;
  EXPECT_NE(seen[1].head.find("Last-Event-ID: 9"), std::string::npos);
}

TEST_F(StreamFilter, holds_also_where_the_server_knows_no_filters) {
  play({event(1) + event(2, "console") + event(3)});
  auto stream =
      client().telemetry().stream(kSession, {.auto_resume = true, .categories = {"network"}}).value();
  EXPECT_EQ(read_all(stream), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(stream.missed(), 0);
}

TEST_F(StreamFilter, without_one_gaps_are_what_was_missed) {
  play({event(1) + event(4), event(6)});
  auto stream = client().telemetry().stream(kSession, {.auto_resume = true}).value();
  EXPECT_EQ(read_all(stream), (std::vector<std::int64_t>{1, 4, 6}));
  EXPECT_EQ(stream.missed(), 3);
  EXPECT_EQ(metro_.seen().front().line.find("category"), std::string::npos);
}

TEST_F(StreamFilter, that_the_server_refuses_is_an_error_with_its_code) {
  learn();
  metro_script_ = [](const SeenRequest&) {
    return testing::answer(400,
                           R"({"code":"bad_request","message":"category nets is not one of telemetry's"})");
  };
  const auto stream = client().telemetry().stream(kSession, {.auto_resume = true, .categories = {"nets"}});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().kind, ErrorKind::invalid);
  EXPECT_EQ(stream.error().code, "bad_request");
}

}  // namespace
}  // namespace wye
