#include "sdk/multipart.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/encoding.h"
#include "base/try.h"

namespace wye::sdk {
namespace {

constexpr std::size_t kBoundaryBytes = 24;  // no file holds it by chance

std::string head_of(const FormPart& part, const std::string& boundary) {
  return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part.name + '"' +
         (part.is_file ? "; filename=\"file\"\r\nContent-Type: application/octet-stream" : "") + "\r\n\r\n";
}

/// Gives the bytes of a form, piece by piece.
class Form {
 public:
  Form(std::vector<FormPart> parts, std::string boundary)
      : parts_(std::move(parts)), boundary_(std::move(boundary)) {}
  Result<std::size_t> read(std::span<char> out) {
    for (;;) {
      if (given_ < text_.size()) {
        const auto size = std::min(out.size(), text_.size() - given_);
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(given_), size, out.begin());
        given_ += size;
        return size;
      }
      if (stream_) {
        WYE_TRY(const auto got, stream_(out));
        if (got > 0) return got;
        stream_ = nullptr;
        say("\r\n");
      } else if (next_ < parts_.size()) {
        begin(parts_[next_++]);
      } else if (!ended_) {
        ended_ = true;
        say("--" + boundary_ + "--\r\n");
      } else {
        return std::size_t{0};
      }
    }
  }

 private:
  void say(std::string text) {
    text_ = std::move(text);
    given_ = 0;
  }
  void begin(FormPart& part) {
    stream_ = std::move(part.stream);
    say(head_of(part, boundary_) + (stream_ ? "" : part.value + "\r\n"));
  }
  std::vector<FormPart> parts_;
  const std::string boundary_;
  std::size_t next_ = 0;   // the part to begin
  std::string text_;       // to be given before anything else
  std::size_t given_ = 0;  // of it
  BodySource stream_;      // of the part under way
  bool ended_ = false;     // whether the last boundary was said
};

}  // namespace

Request form_request(std::string path, std::vector<FormPart> parts, Random& random) {
  std::array<std::uint8_t, kBoundaryBytes> bytes;
  random.fill(bytes);
  auto boundary = "wye-" + hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  Request out{.method = "POST",
              .path = std::move(path),
              .headers = {{"Content-Type", "multipart/form-data; boundary=" + boundary}}};
  // Shared because a BodySource can be copied; the copies are the same body.
  auto form = std::make_shared<Form>(std::move(parts), std::move(boundary));
  out.body_stream = [form](std::span<char> piece) { return form->read(piece); };
  return out;
}

}  // namespace wye::sdk
