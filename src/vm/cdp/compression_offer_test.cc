#include "vm/cdp/compression_offer.h"

#include <gtest/gtest.h>

namespace wye::vm {
namespace {

TEST(CompressionOffer, is_made_without_context) {
  EXPECT_EQ(offers_without_context("permessage-deflate; client_max_window_bits"),
            "permessage-deflate; client_max_window_bits; client_no_context_takeover");
  EXPECT_EQ(offers_without_context(
                "Permessage-Deflate,x-other;a=b , permessage-deflate;client_no_context_takeover"),
            "Permessage-Deflate; client_no_context_takeover, x-other;a=b, "
            "permessage-deflate;client_no_context_takeover");
  EXPECT_EQ(offers_without_context(""), "");
}

}  // namespace
}  // namespace wye::vm
