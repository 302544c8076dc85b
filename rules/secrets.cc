#include "rules/secrets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "rules/pattern.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Longer texts are documents, not credentials; a PEM key of 8192 bits is below.
constexpr std::size_t max_length = 16384;

/// A format that a provider documents by prefix and length.
struct Format {
    std::string_view kind;
    std::string start;   ///< pattern of the characters that give it away
    std::size_t before;  ///< characters of it that stand before those, at most
    Pattern pattern;
    Pattern anchored;  ///< the same, `before` bytes and one for the word boundary in
};

const std::vector<Format>& formats() {
    static const std::vector<Format> list = [] {
        std::vector<Format> made;
        const auto add = [&](std::string_view kind, const char* start, const std::string& pattern,
                             std::size_t before = 0) {
            made.push_back({kind, start, before, Pattern(pattern, false),
                            Pattern("\\A\\C{0," + std::to_string(before + 1) + "}" + pattern, false)});
        };
        add("AWS access key id", "AKIA|ASIA|AGPA|AIDA|AROA|ANPA",
            R"(\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z2-7]{16}\b)");
        add("private key", "-----BEGIN ", R"(-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----)");
        add("GitHub token", "gh[pousr]_", R"(\bgh[pousr]_[A-Za-z0-9]{36,255}\b)");
        add("GitHub token", "github_pat_", R"(\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b)");
        add("GitLab token", "gl(?:pat|dt|rt|cbt|ptt|ft|agent|oas)-",
            R"(\bgl(?:pat|dt|rt|cbt|ptt|ft|agent|oas)-[A-Za-z0-9_-]{20,})");
        add("Slack token", "xox[abposr]-", R"(\bxox[abposr]-[A-Za-z0-9-]{10,}\b)");
        add("Slack token", "xapp-", R"(\bxapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{32,})");
        add("Slack webhook", "https://hooks\\.slack",
            R"(https://hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/\w+)");
        add("Google API key", "AIza", R"(\bAIza[A-Za-z0-9_-]{35}\b)");
        add("Google OAuth client secret", "GOCSPX-", R"(\bGOCSPX-[A-Za-z0-9_-]{28}\b)");
        add("Stripe key", "[sr]k_live_", R"(\b[sr]k_live_[A-Za-z0-9]{20,}\b)");
        add("SendGrid key", "SG\\.", R"(\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b)");
        add("npm token", "npm_", R"(\bnpm_[A-Za-z0-9]{36}\b)");
        add("PyPI token", "pypi-Ag", R"(\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,})");
        add("RubyGems key", "rubygems_", R"(\brubygems_[a-f0-9]{48}\b)");
        add("Docker Hub token", "dckr_pat_", R"(\bdckr_pat_[A-Za-z0-9_-]{27}\b)");
        add("DigitalOcean token", "do[opr]_v1_", R"(\bdo[opr]_v1_[a-f0-9]{64}\b)");
        add("Vault token", "hv[sbr]\\.", R"(\bhv[sbr]\.[A-Za-z0-9_-]{24,})");
        add("Terraform Cloud token", "\\.atlasv1\\.", R"(\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70})", 14);
        add("JSON web token", "eyJ", R"(\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})");
        add("Azure storage key", "AccountKey=", R"(AccountKey=[A-Za-z0-9+/]{86}==)");
        add("Azure client secret", "Q~", R"(\b[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34})", 4);
        add("Alibaba Cloud access key id", "LTAI", R"(\bLTAI[A-Za-z0-9]{20}\b)");
        add("Shopify token", "shp(?:at|ca|pa|ss)_", R"(\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b)");
        add("Databricks token", "dapi", R"(\bdapi[a-f0-9]{32}\b)");
        add("Hugging Face token", "hf_", R"(\bhf_[A-Za-z]{34}\b)");
        add("Anthropic key", "sk-ant-", R"(\bsk-ant-[a-z]+\d{2}-[A-Za-z0-9_-]{90,})");
        add("OpenAI key", "sk-", R"(\bsk-[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})");
        add("Linear key", "lin_api_", R"(\blin_api_[A-Za-z0-9]{40}\b)");
        add("Postman key", "PMAK-", R"(\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b)");
        add("New Relic key", "NRAK-", R"(\bNRAK-[A-Z0-9]{27}\b)");
        add("Grafana token", "glsa_", R"(\bglsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}\b)");
        add("Grafana token", "glc_", R"(\bglc_[A-Za-z0-9+/]{32,400}={0,3})");
        add("age key", "AGE-SECRET-KEY-1", R"(\bAGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b)");
        add("Doppler token", "dp\\.(?:pt|st|sa|ct|scim|audit)\\.",
            R"(\bdp\.(?:pt|st|sa|ct|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}\b)");
        add("Pulumi token", "pul-", R"(\bpul-[a-f0-9]{40}\b)");
        add("Dynatrace token", "dt0[cs]\\d\\d\\.", R"(\bdt0[cs]\d\d\.[A-Z2-7]{24}\.[A-Z2-7]{64}\b)");
        add("Twilio key", "SK[a-f0-9]{8}", R"(\bSK[a-f0-9]{32}\b)");
        add("Mailgun key", "key-[a-f0-9]{8}", R"(\bkey-[a-f0-9]{32}\b)");
        add("Cloudflare origin key", "v1\\.0-", R"(\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}\b)");
        add("Heroku key", "HRKU-AA", R"(\bHRKU-AA[A-Za-z0-9_-]{58}\b)");
        add("Artifactory key", "AKC", R"(\bAKC[A-Za-z0-9]{69,73}\b)");
        add("Telegram bot token", ":A[A-Za-z0-9_-]{8}", R"(\b\d{8,10}:A[A-Za-z0-9_-]{34}\b)", 10);
        return made;
    }();
    return list;
}

/// The starts of the formats above: one quick pass tells where to look closer.
const Pattern& format_starts() {
    static const Pattern starts = [] {
        std::string all;
        for (const Format& format : formats()) all += (all.empty() ? "(?:" : "|(?:") + format.start + ")";
        return Pattern(all, false);
    }();
    return starts;
}

/// A name that says that its value is secret.
const Pattern& secret_names() {
    static const Pattern names("passw(?:or)?d|secret|token|api_?key|access_?key|private_?key|credential", true);
    return names;
}

/// `password = "..."`, `"apiKey": "..."`, `AWS_SECRET_ACCESS_KEY=...`, from the name on; the value is the last word.
const Pattern& assignment() {
    static const Pattern pattern(
        R"(^[A-Za-z0-9_.-]{0,40}["'\]]{0,2}[ \t]{0,40}(?:=|:|=>|:=)[ \t]{0,40}["']?[A-Za-z0-9+/=_~.-]{20,200})", true);
    return pattern;
}

double entropy(std::string_view text) {
    std::array<int, 256> counts{};
    for (char c : text) ++counts[static_cast<unsigned char>(c)];
    double bits = 0;
    for (int count : counts) {
        if (count == 0) continue;
        const double share = static_cast<double>(count) / static_cast<double>(text.size());
        bits -= share * std::log2(share);
    }
    return bits;
}

bool is_random_word(std::string_view word) {
    if (word.size() < 20 || word.size() > 512) return false;
    bool digit = false, upper = false, low = false, hex = true;
    for (char c : word) {
        const bool is_digit = c >= '0' && c <= '9', is_upper = c >= 'A' && c <= 'Z', is_low = c >= 'a' && c <= 'z';
        digit |= is_digit;
        upper |= is_upper;
        low |= is_low;
        if (!is_digit && !is_upper && !is_low && c != '+' && c != '/' && c != '=') return false;
        if (!is_digit && !((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) hex = false;
    }
    // Random hexadecimal has 4 bits a character at most, base64 6; words and identifiers stay well below.
    if (hex) return word.size() >= 32 && digit && entropy(word) > 3.0;
    return digit && upper && low && entropy(word) > 4.3;
}

bool has_placeholder(std::string_view small) {
    for (std::string_view placeholder :
         {"example", "changeme", "placeholder", "xxxxx", "your-", "your_", "<", "${", "{{"}) {
        if (small.find(placeholder) != std::string_view::npos) return true;
    }
    return false;
}

bool line_looks_secret(std::string_view text) {
    if (text.size() < 12) return false;
    const std::string small = lower(text);
    if (has_placeholder(small)) return false;
    for (const Format& format : formats()) {
        if (format.pattern.matches(text)) return true;
    }
    if (text.find("://") != std::string_view::npos || text.starts_with("arn:") || text.starts_with("sha256:"))
        return false;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find_first_of(" \t\"',:;=", at), text.size());
        if (is_random_word(text.substr(at, end - at))) return true;
        at = end + 1;
    }
    return false;
}

}  // namespace

bool looks_secret(std::string_view text) {
    if (text.size() > max_length) return false;
    // A placeholder excuses its own line of a script, not the others.
    for (std::string_view line : split(text, '\n')) {
        if (line_looks_secret(trim(line))) return true;
    }
    return false;
}

namespace {

// What a format may take from its start on; a longer one is found by its beginning.
constexpr std::size_t window = 4096;

/// The line around an offset, cut where it is very long.
std::string_view line_around(std::string_view text, std::size_t at) {
    constexpr std::size_t reach = 512;
    std::size_t begin = text.rfind('\n', at);
    begin = begin == std::string_view::npos ? 0 : begin + 1;
    begin = std::max(begin, at > reach ? at - reach : 0);
    std::size_t end = std::min(text.find('\n', at), text.size());
    end = std::min(end, at + reach);
    return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

/// Where a credential begins whose start stands at `at`: up to `before` of its characters stand before it.
std::size_t begin_of(std::string_view text, std::size_t at, std::size_t before) {
    const auto own = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '~' ||
               c == '.';
    };
    std::size_t begin = at;
    while (begin > 0 && at - begin < before && own(text[begin - 1])) --begin;
    return begin;
}

void find_formats(std::string_view text, std::vector<SecretMatch>& found) {
    std::size_t from = 0;
    while (const auto start = format_starts().find(text, from)) {
        // One character on where nothing is found, for starts that lie in one another.
        from = start->first + 1;
        for (const Format& format : formats()) {
            // A word boundary looks at the byte before.
            const std::size_t reach = format.before + 1;
            const std::size_t begin = start->first > reach ? start->first - reach : 0;
            const auto match = format.anchored.find(text.substr(begin, window));
            // What lies wholly before the start is another credential, and was found.
            if (!match || begin + match->second < start->first + 2) continue;
            const std::size_t at = begin_of(text, start->first, format.before);
            const std::size_t end = begin + match->second;
            from = std::max(from, end);
            if (!has_placeholder(lower(line_around(text, at)))) found.push_back({format.kind, at, end - at});
            break;
        }
    }
}

void find_assignments(std::string_view text, std::vector<SecretMatch>& found) {
    std::size_t from = 0;
    while (const auto name = secret_names().find(text, from)) {
        from = name->first + name->second;
        const std::string_view rest = text.substr(from, 512);
        const auto match = assignment().find(rest.substr(0, std::min(rest.find('\n'), rest.size())));
        if (!match) continue;
        const std::string_view whole = rest.substr(match->first, match->second);
        const std::size_t value_start = whole.find_last_of("\"' \t:=", whole.find_last_not_of('='));
        const std::size_t value_at = value_start == std::string_view::npos ? 0 : value_start + 1;
        const std::string_view value = whole.substr(value_at);
        if (!is_random_word(value) || has_placeholder(lower(line_around(text, from)))) continue;
        found.push_back({"password or token in an assignment", from + match->first + value_at, value.size()});
        from += match->first + match->second;
    }
}

}  // namespace

std::vector<SecretMatch> find_secrets(std::string_view text) {
    std::vector<SecretMatch> found;
    find_formats(text, found);
    find_assignments(text, found);
    std::stable_sort(found.begin(), found.end(),
                     [](const SecretMatch& a, const SecretMatch& b) { return a.offset < b.offset; });
    // What a provider documents tells more than the name it is assigned to.
    std::vector<SecretMatch> kept;
    for (const SecretMatch& match : found) {
        if (!kept.empty() && match.offset < kept.back().offset + kept.back().size) {
            if (kept.back().kind.starts_with("password")) kept.back() = match;
            continue;
        }
        kept.push_back(match);
    }
    return kept;
}

std::string redacted(std::string_view secret) {
    if (secret.starts_with("-----BEGIN")) return std::string(secret.substr(0, secret.find('\n')));
    return printable(secret.substr(0, 4)) + "... (" + std::to_string(secret.size()) + " characters)";
}

}  // namespace plumbline
