#include "scanner/model/audit_report.h"

namespace plumbline {

std::string to_string(const AuditPerson& person) {
    if (person.email.empty()) return person.name.empty() ? person.login : person.name;
    return (person.name.empty() ? "" : person.name + " ") + "<" + person.email + ">";
}

std::string_view to_string(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::merge:
            return "merge";
        case ChangeKind::squash:
            return "squash";
        case ChangeKind::rebase:
            return "rebase";
        case ChangeKind::direct:
            break;
    }
    return "direct";
}

std::string_view to_string(AuditApproval::State state) {
    switch (state) {
        case AuditApproval::State::approved:
            return "approved";
        case AuditApproval::State::changes_requested:
            return "changes_requested";
        case AuditApproval::State::commented:
            return "commented";
        case AuditApproval::State::dismissed:
            break;
    }
    return "dismissed";
}

std::string_view to_string(SignatureState state) {
    switch (state) {
        case SignatureState::absent:
            return "absent";
        case SignatureState::present:
            return "present";
        case SignatureState::good:
            return "good";
        case SignatureState::bad:
            return "bad";
        case SignatureState::unknown_key:
            break;
    }
    return "unknown_key";
}

}  // namespace plumbline
