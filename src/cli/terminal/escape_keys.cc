#include "cli/terminal/escape_keys.h"

namespace wye::cli {

EscapeKeys::Typed EscapeKeys::take(std::string_view bytes) {
  Typed out;
  for (const char key : bytes) {
    const auto before = place_;
    place_ = key == '\r' || key == '\n' ? Place::line_begins : Place::within_line;
    if (before == Place::line_begins && key == '~') {
      place_ = Place::behind_tilde;
      continue;  // held back until the next key
    }
    if (before == Place::behind_tilde) {
      if (key == '.') {
        out.leave = true;
        return out;
      }
      out.bytes += '~';
      if (key == '~') continue;
    }
    out.bytes += key;
  }
  return out;
}

}  // namespace wye::cli
