#include "net/curl_way.h"

#include "net/loopback_host.h"

namespace wye::net {

void set_curl_way(CURL* easy, const HttpClient::Options& options, const std::string& url) {
  // The system's authorities stay trusted by their directory (CURLOPT_CAPATH).
  if (!options.ca_file.empty()) ::curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  // What goes to this machine itself, a key or a token with it, is for no proxy to see. Redirects come here
  // hop by hop.
  if (is_loopback_host(host_of_url(url))) {
    ::curl_easy_setopt(easy, CURLOPT_PROXY, "");
  } else if (options.proxy) {
    ::curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy->c_str());
    ::curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // the environment has no say
  }
}

}  // namespace wye::net
