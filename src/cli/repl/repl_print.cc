#include "cli/repl/repl_print.h"

#include <cctype>
#include <fstream>

#include "base/encoding.h"
#include "base/try.h"
#include "cli/output.h"
#include "cli/write_out.h"

namespace wye::cli {
namespace {

// Makes a file's ending of a type such as image/png. The type is the VM's, so only letters and digits are
// taken.
std::string ending_of(const std::string& mime_type) {
  std::string out;
  for (const char c : mime_type.substr(mime_type.find('/') + 1)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 || out.size() >= 8) break;
    out += c;
  }
  return out.empty() ? "bin" : out;
}

}  // namespace

Result<void> ReplPrint::show_image(const ReplContent& content) {
  const auto type = content.mime_type.value_or("");
  const auto bytes = base64_decode(content.data_b64.value_or(""));
  if (!bytes)
    return Error{.kind = ErrorKind::internal, .code = "bad_answer", .message = "an image is not base64"};
  if (!images_)
    return write_out(
        dim("[an image of " + std::to_string(bytes->size()) + " bytes; --images DIR keeps such ones]", 2) +
            "\n",
        stderr);
  const auto path = *images_ + "/image-" + std::to_string(++count_) + '.' + ending_of(type);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << *bytes;
  file.close();
  if (!file)
    return Error{.kind = ErrorKind::invalid, .code = "output_failed", .message = "cannot write " + path};
  return write_out(dim("[" + path + "]", 2) + "\n", stderr);
}

Result<void> ReplPrint::print(const ReplResult& result, bool with_error) {
  for (const auto& content : result.content) {
    if (content.type == "image") {
      WYE_CHECK(show_image(content));
    } else {
      const bool is_error = content.channel == "stderr";
      WYE_CHECK(write_out(content.text.value_or(""), is_error ? stderr : stdout));
    }
  }
  if (result.content_truncated.value_or(false))
    WYE_CHECK(write_out(dim("[more was written than is kept]", 2) + "\n", stderr));
  if (!result.success && with_error)
    WYE_CHECK(write_out(red(result.stack.value_or(result.error.value_or("the cell has failed")), 2) + "\n",
                        stderr));
  if (result.repl_terminated.value_or(false))
    WYE_CHECK(write_out(dim("[everything is forgotten; the next cell begins anew]", 2) + "\n", stderr));
  return {};
}

}  // namespace wye::cli
