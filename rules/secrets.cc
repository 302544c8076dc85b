#include "rules/secrets.h"

#include <array>
#include <cmath>
#include <vector>

#include "rules/pattern.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Longer texts are documents, not credentials; a PEM key of 8192 bits is below.
constexpr std::size_t max_length = 16384;

const std::vector<Pattern>& formats() {
    // Prefix and length as each provider documents them.
    static const std::vector<Pattern> list = [] {
        std::vector<Pattern> made;
        for (const char* text : {
                 R"(\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z2-7]{16}\b)",                   // AWS access key ids
                 R"(-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----)",                  // PEM, OpenSSH, PGP
                 R"(\bgh[pousr]_[A-Za-z0-9]{36,255}\b)",                                   // GitHub tokens
                 R"(\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b)",                      // GitHub fine-grained tokens
                 R"(\bglpat-[A-Za-z0-9_-]{20,}\b)",                                        // GitLab
                 R"(\bxox[abposr]-[A-Za-z0-9-]{10,}\b)",                                   // Slack
                 R"(https://hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/\w+)",        // Slack webhooks
                 R"(\bAIza[A-Za-z0-9_-]{35}\b)",                                           // Google API keys
                 R"(\b[sr]k_live_[A-Za-z0-9]{20,}\b)",                                     // Stripe
                 R"(\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b)",                        // SendGrid
                 R"(\bnpm_[A-Za-z0-9]{36}\b)",                                             // npm
                 R"(\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,})",                            // PyPI
                 R"(\bdop_v1_[a-f0-9]{64}\b)",                                             // DigitalOcean
                 R"(\bhvs\.[A-Za-z0-9_-]{24,})",                                           // Vault
                 R"(\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})",  // JSON web tokens
                 R"(AccountKey=[A-Za-z0-9+/]{86}==)",                                      // Azure storage
             })
            made.emplace_back(text, false);
        return made;
    }();
    return list;
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

bool line_looks_secret(std::string_view text) {
    if (text.size() < 12) return false;
    const std::string small = lower(text);
    for (std::string_view placeholder :
         {"example", "changeme", "placeholder", "xxxxx", "your-", "your_", "<", "${", "{{"}) {
        if (small.find(placeholder) != std::string::npos) return false;
    }
    for (const Pattern& format : formats()) {
        if (format.matches(text)) return true;
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

}  // namespace plumbline
