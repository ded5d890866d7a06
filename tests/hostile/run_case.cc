#include "run_case.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace wye::hostile {
namespace {

using net::testing::RawConnection;

std::vector<std::string> arrived(const Front& front) {
  return front.arrived ? front.arrived() : std::vector<std::string>();
}

void expect_answers(RawConnection& client, const Case& row) {
  if (row.outcome == Outcome::cut) {
    client.read_to_end();
    return;
  }
  for (int i = 0; i < row.requests; ++i) {
    const auto answer = client.read_answer();
    EXPECT_TRUE(answer.complete) << "answer " << i + 1 << " of " << row.requests << ": " << answer.head;
    EXPECT_NE(answer.status, 101);
    if (row.outcome == Outcome::refused) {
      EXPECT_EQ(answer.status, row.status);
    }
    if (!answer.complete) return;
  }
  if (row.outcome == Outcome::refused) {
    EXPECT_TRUE(client.at_end()) << "the connection is still open";
  }
}

void expect_arrived(const Front& front, std::size_t before, const Case& row) {
  if (!front.arrived) return;
  const auto now = arrived(front);
  const auto expected = row.outcome == Outcome::served ? static_cast<std::size_t>(row.requests) : 0;
  EXPECT_EQ(now.size() - before, expected);
  for (auto at = before; at < now.size(); ++at)
    EXPECT_EQ(now[at].find(kSmuggled), std::string::npos) << now[at];
}

void next_client_is_served(const Front& front) {
  auto client = front.connect();
  client.send("GET " + front.to.path + " HTTP/1.1\r\n" + front.to.fields + "Connection: close\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 200) << answer.head << answer.body;
}

}  // namespace

void run_case(const Front& front, const Case& row) {
  if (row.has_routes && !front.has_routes) return;
  SCOPED_TRACE(front.name + ": " + row.name);
  const auto before = arrived(front).size();
  auto client = front.connect();
  ASSERT_TRUE(client);
  client.send(row.bytes);  // may fail halfway, when the server has seen enough
  if (row.ending == Ending::half_close) client.end_writing();
  if (row.ending == Ending::reset)
    client.reset_connection();
  else
    expect_answers(client, row);
  expect_arrived(front, before, row);
  client.close();
  next_client_is_served(front);
}

}  // namespace wye::hostile
