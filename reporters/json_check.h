#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// For tests: parsed JSON, and whether it has the shape that a JSON Schema asks for. Knows the keywords that our schema
/// uses and complains about any other, so that nothing in the schema goes unchecked.
class SchemaCheck {
  public:
    explicit SchemaCheck(nlohmann::json schema) : schema_(std::move(schema)) {}

    /// What is wrong, `/findings/0/rule: not a string`; empty when all is well.
    std::vector<std::string> check(const nlohmann::json& document) {
        faults_.clear();
        visit(document, schema_, "");
        return faults_;
    }

  private:
    void fault(const std::string& where, const std::string& what) { faults_.push_back(where + ": " + what); }

    void visit(const nlohmann::json& value, const nlohmann::json& schema, const std::string& where) {
        for (const auto& [keyword, wanted] : schema.items()) apply(value, schema, keyword, wanted, where);
    }

    void apply(const nlohmann::json& value, const nlohmann::json& schema, const std::string& keyword,
               const nlohmann::json& wanted, const std::string& where) {
        if (keyword == "$schema" || keyword == "$defs" || keyword == "title" || keyword == "description" ||
            keyword == "$comment") {
            return;
        }
        if (keyword == "$ref") {
            visit(value, schema_.at(nlohmann::json::json_pointer(wanted.get<std::string>().substr(1))), where);
        } else if (keyword == "type") {
            check_type(value, wanted.get<std::string>(), where);
            if (value.is_object()) check_additional(value, schema, where);
        } else if (keyword == "const") {
            if (value != wanted) fault(where, "is not " + wanted.dump());
        } else if (keyword == "enum") {
            if (std::find(wanted.begin(), wanted.end(), value) == wanted.end())
                fault(where, "is none of " + wanted.dump());
        } else if (keyword == "minimum") {
            if (value < wanted) fault(where, "is below " + wanted.dump());
        } else if (keyword == "required") {
            for (const auto& name : wanted) {
                if (!value.contains(name)) fault(where, "lacks " + name.dump());
            }
        } else if (keyword == "properties") {
            for (const auto& [name, part] : wanted.items()) {
                if (value.contains(name)) visit(value.at(name), part, where + "/" + name);
            }
        } else if (keyword == "additionalProperties") {
            return;
        } else if (keyword == "items") {
            for (std::size_t i = 0; i < value.size(); ++i) visit(value.at(i), wanted, where + "/" + std::to_string(i));
        } else {
            fault(where, "the schema uses " + keyword + ", which is not checked");
        }
    }

    void check_type(const nlohmann::json& value, const std::string& type, const std::string& where) {
        const bool good = (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
                          (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer());
        if (!good) fault(where, "is no " + type);
    }

    /// Members that the schema does not name: described by `additionalProperties`, or not documented.
    void check_additional(const nlohmann::json& value, const nlohmann::json& schema, const std::string& where) {
        for (const auto& [name, part] : value.items()) {
            if (schema.contains("properties") && schema.at("properties").contains(name)) continue;
            if (schema.contains("additionalProperties"))
                visit(part, schema.at("additionalProperties"), where + "/" + name);
            else
                fault(where, "has " + name + ", which the schema does not document");
        }
    }

    nlohmann::json schema_;
    std::vector<std::string> faults_;
};

}  // namespace plumbline
