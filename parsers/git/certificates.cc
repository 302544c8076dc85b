#include "parsers/git/certificates.h"

#include <dlfcn.h>
#include <git2.h>

#include <mutex>
#include <string>

namespace plumbline::git {
namespace {

bool wanted = false;
std::string& left_out() {
    static std::string path;
    return path;
}

}  // namespace

void load_certificates() {
    static std::once_flag once;
    std::call_once(once, [] {
        wanted = true;
        if (!left_out().empty()) git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, left_out().c_str(), nullptr);
    });
}

}  // namespace plumbline::git

/// libgit2 that was built with mbedTLS (Debian's) reads all certificates of the machine when it is started, which is a
/// quarter of a hook's instructions, though only a fetch speaks TLS; no option can be set before. So the program's own
/// symbol goes before mbedTLS's and puts it off. An empty chain trusts nobody, and a libgit2 with another TLS library
/// never calls this.
extern "C" int mbedtls_x509_crt_parse_file(void* chain, const char* path) {
    if (!plumbline::git::wanted) {
        plumbline::git::left_out() = path;
        return 0;
    }
    using Parse = int (*)(void*, const char*);
    const auto parse = reinterpret_cast<Parse>(::dlsym(RTLD_NEXT, "mbedtls_x509_crt_parse_file"));
    return parse ? parse(chain, path) : -1;
}
