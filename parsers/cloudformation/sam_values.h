#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scanner/model/value.h"

/// Unevaluated template values, as a transform writes them.
namespace plumbline::cloudformation::written {

inline Value text(std::string value) {
    return Value::string(std::move(value));
}
inline Value object(std::vector<Member> members) {
    return Value::object(std::move(members));
}
inline Value list(std::vector<Value> items) {
    return Value::tuple(std::move(items));
}
inline Value ref_to(const std::string& id) {
    return object({{"Ref", text(id), {}}});
}
inline Value get_att(const std::string& id, const char* attribute) {
    return object({{"Fn::GetAtt", list({text(id), text(attribute)}), {}}});
}
inline Value sub(std::string format) {
    return object({{"Fn::Sub", text(std::move(format)), {}}});
}
inline Value join(std::vector<Value> parts) {
    return object({{"Fn::Join", list({text(""), list(std::move(parts))}), {}}});
}
inline Value policy_document(std::vector<Value> statements) {
    return object({{"Version", text("2012-10-17"), {}}, {"Statement", list(std::move(statements)), {}}});
}
inline Value assume_role_policy(Value service) {
    return policy_document({object({{"Effect", text("Allow"), {}},
                                    {"Action", list({text("sts:AssumeRole")}), {}},
                                    {"Principal", object({{"Service", list({std::move(service)}), {}}}), {}}})});
}
inline Value managed_policy(const std::string& name) {
    return sub("arn:${AWS::Partition}:iam::aws:policy/" + name);
}

}  // namespace plumbline::cloudformation::written
