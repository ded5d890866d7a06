#include "net/ws_handshake.h"

#include <gtest/gtest.h>

namespace wye::net {
namespace {

RequestHead asked() {
  return {.method = "GET",
          .target = "/",
          .headers = {{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}},
          .upgrade = "WebSocket"};
}

int refused(const RequestHead& head) {
  const auto granted = accept_websocket(head);
  return granted ? 0 : granted.error().status;
}

TEST(WsHandshake, the_answer_to_the_key_of_the_standard_is_that_of_the_standard) {
  auto head = asked();
  head.headers.add("Sec-WebSocket-Extensions", "permessage-deflate");
  head.headers.add("Sec-WebSocket-Protocol", "chat");
  EXPECT_EQ(accept_websocket(head).value(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(WsHandshake, what_is_no_request_for_one_is_refused) {
  auto head = asked();
  head.upgrade = "";
  EXPECT_EQ(refused(head), 400);
  head = asked();
  head.upgrade = "h2c";
  EXPECT_EQ(refused(head), 400);
  head = asked();
  head.method = "POST";
  EXPECT_EQ(refused(head), 400);
  head = asked();
  head.headers.set("Sec-WebSocket-Version", "8");
  EXPECT_EQ(refused(head), 426);
  for (const auto* key : {"", "k", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ==, x"}) {
    head = asked();
    head.headers.set("Sec-WebSocket-Key", key);
    EXPECT_EQ(refused(head), 400) << key;
  }
  head = asked();
  head.headers.add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(refused(head), 400) << "two keys";
}

}  // namespace
}  // namespace wye::net
