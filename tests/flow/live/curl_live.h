#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "live_story.h"
#include "testing/scripted_peer.h"

namespace wye::live {

using testing::Play;
using testing::SeenRequest;

inline bool has_line(const SeenRequest& request, std::string_view line) {
  return ("\r\n" + request.head).find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

class Curl : public LiveStory {
 protected:
  void SetUp() override { id_ = create_browser(); }

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://host.wye.internal:" + std::to_string(target_.port()) + path;
  }
  Result<Reached<CurlResponse>> curl(const std::string& path) {
    return client_->browsers().curl(id_, {.url = url(path)});
  }
  Result<ResponseStream> fetch(const std::string& path, FetchRequest request = {}, CallOptions call = {}) {
    return client_->browsers().fetch(id_, url(path), request, call);
  }
  static Result<std::string> read_all(ResponseStream& stream) {
    std::string out;
    std::vector<char> piece(1 << 16);
    for (;;) {
      const auto got = stream.read(piece);
      if (!got) return got.error();
      if (*got == 0) return out;
      out.append(piece.data(), *got);
    }
  }

  std::string id_;
  testing::ChangingScript script_ = [](const SeenRequest& request) {
    return testing::answer(200, request.body);
  };
  testing::ScriptedPeer target_{[this](const auto& request) { return script_(request); }};
};

}  // namespace wye::live
