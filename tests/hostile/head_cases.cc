#include "http_cases.h"

namespace wye::hostile {
namespace {

constexpr std::size_t kMebibyte = 1 << 20;

// Makes a row from a request line as it is, with the target's fields after it.
Case line(const Target& to, std::string name, const std::string& request_line, int status = 400) {
  return {.name = std::move(name), .bytes = request_line + to.fields + "\r\n", .status = status};
}
Case field(const Target& to, std::string name, const std::string& fields, int status = 400) {
  return line(to, std::move(name), "GET " + to.path + " HTTP/1.1\r\n" + fields, status);
}

void add_lines(const Target& to, std::vector<Case>& out) {
  const auto& path = to.path;
  const std::string nul(1, '\0');
  out.push_back(line(to, "an_empty_line_first", "\r\nGET " + path + " HTTP/1.1\r\n"));
  out.push_back(line(to, "a_space_first", " GET " + path + " HTTP/1.1\r\n"));
  out.push_back(line(to, "two_spaces", "GET  " + path + " HTTP/1.1\r\n"));
  out.push_back(line(to, "a_space_behind", "GET " + path + " HTTP/1.1 \r\n"));
  out.push_back(line(to, "tabs", "GET\t" + path + "\tHTTP/1.1\r\n"));
  out.push_back(line(to, "a_space_in_the_target", "GET " + path + " x HTTP/1.1\r\n"));
  out.push_back(line(to, "a_second_request_in_the_target", "GET " + path + "\rGET /smuggled HTTP/1.1\r\n"));
  out.push_back(line(to, "nul_in_the_method", "G" + nul + "T " + path + " HTTP/1.1\r\n"));
  out.push_back(line(to, "nul_in_the_target", "GET " + path + nul + " HTTP/1.1\r\n"));
  out.push_back(line(to, "high_bytes_in_the_target", "GET " + path + "\xc3\xa9 HTTP/1.1\r\n"));
  out.push_back(line(to, "a_fragment_in_the_target", "GET " + path + "#x HTTP/1.1\r\n"));
  out.push_back(line(to, "no_version", "GET " + path + "\r\n"));
  out.push_back(line(to, "a_method_of_33_letters", std::string(33, 'A') + " " + path + " HTTP/1.1\r\n"));
  out.push_back(line(to, "a_method_with_a_bracket", "GE(T " + path + " HTTP/1.1\r\n"));
  for (const auto* version :
       {"http/1.1", "HTTP/1.10", "HTTP/11", "HTTP/1,1", "HTTX/1.1", "HTTP/1.1x", "HTTP/"})
    out.push_back(line(to, std::string("version_") + std::to_string(out.size()),
                       "GET " + path + " " + version + "\r\n"));
  for (const auto* version : {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0"})
    out.push_back(line(to, std::string("version_") + std::to_string(out.size()),
                       "GET " + path + " " + version + "\r\n", 505));
  out.push_back({.name = "bare_lf_lines", .bytes = "GET " + path + " HTTP/1.1\nHost: x\n\n"});
}

void add_targets(const Target& to, std::vector<Case>& out) {
  out.push_back(line(to, "another_scheme", "GET ftp://x" + to.path + " HTTP/1.1\r\n"));
  out.push_back(line(to, "a_relative_target", "GET x" + to.path + " HTTP/1.1\r\n"));
  out.push_back(line(to, "an_authority_as_target", "GET x:80 HTTP/1.1\r\n"));
  out.push_back(line(to, "connect", "CONNECT 127.0.0.1:22 HTTP/1.1\r\n"));
  out.push_back(line(to, "a_star_that_is_not_for_options", "GET * HTTP/1.1\r\n"));
  out.push_back(line(to, "an_absolute_target_without_a_path", "GET http://x?y HTTP/1.1\r\n"));
  out.push_back({.name = "an_absolute_target",
                 .bytes = "GET http://elsewhere.example" + to.path + " HTTP/1.1\r\n" + to.fields + "\r\n",
                 .outcome = Outcome::served});
  for (const auto* tail : {"/../x", "/%2e%2e/x", "/.%2E/x", "/./x", "/a%2fb", "/a%5cb", "/%00", "/%zz"}) {
    auto path = to.path.substr(0, to.path.find('?')) + tail;
    if (to.path.find('?') != std::string::npos) path += to.path.substr(to.path.find('?'));
    out.push_back({.name = "path_" + std::to_string(out.size()),
                   .bytes = "GET " + path + " HTTP/1.1\r\n" + to.fields + "\r\n",
                   .outcome = Outcome::answered,
                   .has_routes = true});
  }
}

void add_fields(const Target& to, std::vector<Case>& out) {
  const std::string nul(1, '\0');
  out.push_back(field(to, "a_folded_field", "X-A: b\r\n c\r\n"));
  out.push_back(field(to, "a_field_folded_by_a_tab", "X-A: b\r\n\tc\r\n"));
  out.push_back(field(to, "a_folded_first_field", " X-A: b\r\n"));
  out.push_back(field(to, "nul_in_a_name", "X" + nul + "A: b\r\n"));
  out.push_back(field(to, "nul_in_a_value", "X-A: b" + nul + "c\r\n"));
  out.push_back(field(to, "a_bare_cr_in_a_value", "X-A: b\rX-B: c\r\n"));
  out.push_back(field(to, "a_bare_lf_in_a_value", "X-A: b\nX-B: c\r\n"));
  out.push_back(field(to, "del_in_a_value", "X-A: \x7f\r\n"));
  out.push_back(field(to, "space_before_a_colon", "X-A : b\r\n"));
  out.push_back(field(to, "no_colon", "X-A\r\n"));
  out.push_back(field(to, "no_name", ": b\r\n"));
  out.push_back(field(to, "a_space_in_a_name", "X A: b\r\n"));
  out.push_back(field(to, "a_colon_in_quotes", "\"X:A\": b\r\n"));
  out.push_back(field(to, "two_hosts", "Host: x\r\n"));
  out.push_back({.name = "no_host", .bytes = "GET " + to.path + " HTTP/1.1\r\nX-A: b\r\n\r\n"});
  for (const auto* host : {"a b", "a/b", "user@x", "x,y", "x?y", "<x>", "x\\y"})
    out.push_back({.name = "host_" + std::to_string(out.size()),
                   .bytes = "GET " + to.path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"});
  out.push_back(field(to, "an_unknown_expectation", "Expect: 200-ok\r\n", 417));
}

void add_sizes(const Target& to, std::vector<Case>& out) {
  out.push_back(line(to, "a_method_of_a_mebibyte", std::string(kMebibyte, 'A') + " / HTTP/1.1\r\n", 431));
  out.push_back(
      line(to, "a_target_of_a_mebibyte", "GET /" + std::string(kMebibyte, 'a') + " HTTP/1.1\r\n", 431));
  out.push_back(field(to, "a_value_of_a_mebibyte", "X-A: " + std::string(kMebibyte, 'a') + "\r\n", 431));
  out.push_back(field(to, "a_name_of_a_mebibyte", std::string(kMebibyte, 'a') + ": b\r\n", 431));
  out.push_back({.name = "a_mebibyte_without_a_line", .bytes = std::string(kMebibyte, 'a'), .status = 431});
  std::string many;
  for (int i = 0; many.size() < kMebibyte; ++i)
    many += "X-" + std::to_string(i) + ": " + std::string(90, 'v') + "\r\n";
  out.push_back(field(to, "a_mebibyte_of_fields", many, 431));
  std::string short_ones;
  for (int i = 0; i < 129; ++i) short_ones += "A:\r\n";
  out.push_back(field(to, "more_fields_than_are_taken", short_ones, 431));
}

}  // namespace

std::vector<Case> head_cases(const Target& to) {
  std::vector<Case> out;
  add_lines(to, out);
  add_targets(to, out);
  add_fields(to, out);
  add_sizes(to, out);
  return out;
}

}  // namespace wye::hostile
