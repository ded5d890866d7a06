#include "vm/fs/multipart.h"

#include <optional>

#include "base/encoding.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046
constexpr std::size_t kMaxPadding = 70;   // of spaces between a delimiter and its line's end
constexpr std::string_view kBoundaryCharacters =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? ";

Error refused(std::string why) {
  return bad_file_request("bad_request", "the multipart body is not valid: " + std::move(why));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes a parameter's value from the front of `rest`: a quoted string, or what comes before the next `;`.
std::optional<std::string> take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto value = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
    return std::string(value);
  }
  std::string value;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return value;
    }
    if (rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\')) ++at;
    value += rest[at];
  }
  return std::nullopt;
}

// Returns the value of a parameter behind a field's first word; nothing when it is absent or not valid.
std::optional<std::string> parameter(std::string_view field, std::string_view wanted) {
  auto rest = field.substr(std::min(field.find(';'), field.size()));
  while (rest.starts_with(';')) {
    rest = rest.substr(std::min(rest.find_first_not_of("; \t"), rest.size()));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = trimmed(rest.substr(0, equals));
    rest = rest.substr(equals + 1);
    auto value = take_value(rest);
    if (!value) return std::nullopt;
    if (iequals(name, wanted)) return value;
    rest = rest.substr(std::min(rest.find(';'), rest.size()));
  }
  return std::nullopt;
}

std::string_view first_word(std::string_view field) {
  return trimmed(field.substr(0, std::min(field.find(';'), field.size())));
}

}  // namespace

Multipart::Multipart(std::string_view boundary) : delimiter_("\r\n--" + std::string(boundary)) {}

Result<Multipart> Multipart::of(std::string_view content_type) {
  if (!iequals(first_word(content_type), "multipart/form-data"))
    return bad_file_request("bad_request", "the body must be multipart/form-data");
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kMaxBoundary || boundary->ends_with(' ') ||
      boundary->find_first_not_of(kBoundaryCharacters) != std::string::npos)
    return bad_file_request("bad_request", "Content-Type has no valid boundary");
  return Multipart(*boundary);
}

Error Multipart::cut_short() { return refused("it ends before its closing delimiter"); }

void Multipart::feed(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  if (state_ != State::done) buffer_.append(bytes);
}

Result<Multipart::Step> Multipart::next() {
  switch (state_) {
    case State::preamble:
    case State::body:
      return read_body();
    case State::delimiter:
      return read_delimiter();
    case State::head:
      return read_head();
    case State::done:
      return Step::end;
  }
  return Step::end;
}

// Reads what follows a delimiter: "--" at the end of all parts, or the rest of the line.
Result<Multipart::Step> Multipart::read_delimiter() {
  const auto rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < 2) return Step::more;
  if (rest.starts_with("--")) {
    state_ = State::done;
    return Step::end;
  }
  const auto line = rest.find("\r\n");
  // The bounds hold for the line itself: what is read must not depend on how the body is cut.
  if (line == std::string_view::npos && rest.size() <= kMaxPadding + 1) return Step::more;
  if (line > kMaxPadding || !trimmed(rest.substr(0, line)).empty())
    return refused("a line that begins with the boundary goes on");
  at_ += line;
  state_ = State::head;
  return read_head();
}

Result<Multipart::Step> Multipart::read_head() {
  const auto rest = std::string_view(buffer_).substr(at_);
  const auto end = rest.find("\r\n\r\n");
  if (end == std::string_view::npos && rest.size() <= kMaxPartHead + 3) return Step::more;
  if (end > kMaxPartHead) return refused("the head of a part is too large");
  std::optional<std::string> name;
  for (std::size_t from = 2; from < end;) {
    const auto to = std::min(rest.find("\r\n", from), end);
    const auto line = rest.substr(from, to - from);
    from = to + 2;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return refused("a part's head has a line without a colon");
    if (!iequals(line.substr(0, colon), "Content-Disposition")) continue;
    const auto value = line.substr(colon + 1);
    if (name || !iequals(first_word(value), "form-data")) return refused("a part is no form data");
    name = parameter(value, "name");
  }
  if (!name) return refused("a part has no name");
  name_ = std::move(*name);
  at_ += end + 4;
  state_ = State::body;
  return Step::part;
}

Result<Multipart::Step> Multipart::read_body() {
  const bool in_part = state_ == State::body;
  const auto rest = std::string_view(buffer_).substr(at_);
  if (const auto found = rest.find(delimiter_); found != std::string_view::npos) {
    if (in_part && found > 0) {
      bytes_ = rest.substr(0, found);
      at_ += found;
      return Step::data;
    }
    at_ += found + delimiter_.size();
    state_ = State::delimiter;
    return in_part ? Result<Step>(Step::part_end) : read_delimiter();
  }
  // What could be the beginning of a delimiter has to wait for what follows it.
  if (rest.size() < delimiter_.size()) return Step::more;
  const auto sure = rest.size() - delimiter_.size() + 1;
  bytes_ = rest.substr(0, sure);
  at_ += sure;
  return in_part ? Step::data : Step::more;
}

}  // namespace wye::vm
