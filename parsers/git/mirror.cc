#include "parsers/git/mirror.h"

#include <git2.h>

#include <memory>

#include "parsers/git/certificates.h"
#include "parsers/git/repository.h"
#include "scanner/model/text.h"

namespace plumbline::git {
namespace {

struct Session {
    const FetchSettings& settings;
    std::string stopped;  ///< why we ended it
    int tried = 0;        ///< how often credentials were asked for
};

int on_progress(const git_indexer_progress* progress, void* payload) {
    Session& session = *static_cast<Session*>(payload);
    if (session.settings.max_bytes > 0 && progress->received_bytes > session.settings.max_bytes) {
        session.stopped = "it is larger than the limit of " + std::to_string(session.settings.max_bytes >> 20) + " MiB";
        return -1;
    }
    if (session.settings.keep_going && !session.settings.keep_going()) {
        session.stopped = "it took too long";
        return -1;
    }
    return 0;
}

int on_credentials(git_credential** out, const char*, const char* user, unsigned allowed, void* payload) {
    Session& session = *static_cast<Session*>(payload);
    // libgit2 asks again as long as the answer is refused.
    if (++session.tried > 2) return GIT_EAUTH;
    const FetchSettings& settings = session.settings;
    if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0 && !settings.password.empty())
        return git_credential_userpass_plaintext_new(out, settings.user.empty() ? "git" : settings.user.c_str(),
                                                     settings.password.c_str());
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0) return git_credential_ssh_key_from_agent(out, user ? user : "git");
    if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) return git_credential_username_new(out, user ? user : "git");
    return GIT_EAUTH;
}

template <auto function>
struct Free {
    template <typename T>
    void operator()(T* object) const {
        function(object);
    }
};

FetchResult failed(const Session& session, int status, const std::string& url) {
    if (!session.stopped.empty()) return {session.stopped, false};
    const git_error* error = git_error_last();
    std::string message = error && error->message ? printable(error->message) : "unknown fault";
    // Messages may repeat the address as it was typed.
    for (std::size_t at = message.find(url); at != std::string::npos; at = message.find(url, at + 1))
        message.replace(at, url.size(), without_credentials(url));
    // libgit2 has no code for what a host answers. Of the refusals only these two are about time.
    constexpr std::string_view refusal = "http status code: 4";
    const std::size_t at = message.find(refusal);
    const bool refused = at != std::string::npos && message.compare(at + refusal.size() - 1, 3, "408") != 0 &&
                         message.compare(at + refusal.size() - 1, 3, "429") != 0;
    const bool transient = !refused && status != GIT_EAUTH && status != GIT_ENOTFOUND && status != GIT_EINVALIDSPEC;
    return {std::move(message), transient};
}

}  // namespace

FetchResult fetch_mirror(const std::string& url, const std::string& folder, const FetchSettings& settings) {
    start_library();
    load_certificates();
    Session session{settings, {}, 0};
    git_repository* raw_repository = nullptr;
    int status = git_repository_init(&raw_repository, folder.c_str(), 1);
    const std::unique_ptr<git_repository, Free<git_repository_free>> repository(raw_repository);
    if (status != 0) return failed(session, status, url);
    git_remote* raw_remote = nullptr;
    status = git_remote_create_anonymous(&raw_remote, repository.get(), url.c_str());
    const std::unique_ptr<git_remote, Free<git_remote_free>> remote(raw_remote);
    if (status != 0) return failed(session, status, url);

    git_fetch_options options;
    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.callbacks.transfer_progress = on_progress;
    options.callbacks.credentials = on_credentials;
    options.callbacks.payload = &session;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.update_fetchhead = 0;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    status = git_remote_connect(remote.get(), GIT_DIRECTION_FETCH, &options.callbacks, &options.proxy_opts, nullptr);
    if (status != 0) return failed(session, status, url);
    std::string reference = settings.branch.empty() ? "" : "refs/heads/" + settings.branch;
    if (reference.empty()) {
        git_buf name{};
        status = git_remote_default_branch(&name, remote.get());
        if (status == 0) reference = std::string(name.ptr, name.size);
        git_buf_dispose(&name);
        // A repository without a commit has no branch; it is up to date.
        if (status == GIT_ENOTFOUND) return {};
        if (status != 0) return failed(session, status, url);
    }
    std::string specification = "+" + reference + ":" + reference;
    char* text = specification.data();
    const git_strarray specifications = {&text, 1};
    session.tried = 0;
    status = git_remote_fetch(remote.get(), &specifications, &options, nullptr);
    if (status != 0) return failed(session, status, url);
    status = git_repository_set_head(repository.get(), reference.c_str());
    return status == 0 ? FetchResult{} : failed(session, status, url);
}

}  // namespace plumbline::git
