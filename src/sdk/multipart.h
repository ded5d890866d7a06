#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "wye/http.h"

namespace wye::sdk {

/// A part of a form: a field, or a file's bytes.
struct FormPart {
  std::string name;        ///< Ours: never holds a quote or a line break.
  std::string value;       ///< A field's text, or a file's bytes.
  BodySource stream = {};  ///< A file's bytes, in place of `value`.
  bool is_file = false;
};

/// Makes a `multipart/form-data` request (RFC 7578), whose body is made while it is sent.
[[nodiscard]] Request form_request(std::string path, std::vector<FormPart> parts, Random& random);

}  // namespace wye::sdk
