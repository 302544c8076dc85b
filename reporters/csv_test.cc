#include <doctest/doctest.h>

#include "reporters/csv_writer.h"
#include "reporters/example_report.h"
#include "scanner/model/text.h"

namespace plumbline {

TEST_CASE("csv is a line per finding with a column per framework") {
    CHECK(
        ExampleReport().write("csv") ==
        "verdict,severity,rule,title,address,type,platform,file,line,column,message,attribute,value,undecided "
        "by,control,"
        "SOC 2,ISO/IEC 27001:2022,NIST SP 800-53 r5,baseline,accepted,accepted "
        "by,ticket,expires,owners,environments,root,"
        "fix,fingerprint\n"
        "fail,critical,aws-s3-public-acl,S3 bucket has no public ACL,aws_s3_bucket.data,aws_s3_bucket,terraform,"
        "storage/main.tf,3,2,\"acl is \"\"public-read\"\", which lets everyone read\",acl,\"\"\"public-read\"\"\",,"
        "data.public-access,CC6.1,A.8.3,AC-3,new,,,,,'@storage-team,,storage,\"Remove the ACL, or set it to "
        "`private`.\",17-aws_s3_bucket.data\n"
        "fail,medium,aws-s3-versioning,S3 bucket keeps versions of its objects,aws_s3_bucket.data,aws_s3_bucket,"
        "terraform,storage/main.tf,1,1,versioning is missing,versioning,,,backup.versioning,,A.8.13,,unchanged,,,,,,,"
        "storage,Add an `aws_s3_bucket_versioning` resource with status `Enabled`.,17-aws_s3_bucket.data\n"
        "fail,high,aws-ebs-encrypted,EBS volume is encrypted,aws_ebs_volume.tmp,aws_ebs_volume,terraform,"
        "storage/main.tf,12,3,encrypted is false,encrypted,false,,crypto.at-rest,CC6.1,A.8.24,SC-28,unchanged,scratch "
        "data only,,,,,,storage,Set `encrypted` to true.,17-aws_ebs_volume.tmp\n");
}

TEST_CASE("cells are quoted as RFC 4180 says, and none is a formula or holds a control character") {
    std::ostringstream out;
    CsvWriter(out).row({"a,b", "say \"x\"", "=1+1", "@x", "-2", "+3", "plain", "", "a\nb\x1b"});
    CHECK(out.str() == "\"a,b\",\"say \"\"x\"\"\",'=1+1,'@x,'-2,'+3,plain,,a\\nb\\u001b\n");
}

TEST_CASE("matrix has a line per requirement, also of those without evidence, and withdrawn or heading ones never") {
    ReportOptions options;
    options.frameworks = {"soc2"};
    ExampleReport example;
    example.report.commit = "abc";
    CHECK(
        example.write("matrix", options) ==
        "framework,version,requirement,title,groups,maturity,pass,fail,undecided,accepted,controls,rules,failing,"
        "accepted risks,owners,not assessed because,dated results,commit,time\n"
        "SOC 2,2017,CC6.1,Logical access controls,,\"in place, not effective\",1,1,1,1,\"data.public-access (partial): "
        "not in place; crypto.at-rest (partial): effective, not provable\",aws-s3-public-acl aws-ebs-encrypted "
        "aws-kms-rotation,\"aws-s3-public-acl aws_s3_bucket.data (storage/main.tf:3), owner @storage-team\","
        "aws-ebs-encrypted aws_ebs_volume.tmp without an end: scratch data only,'@storage-team,,"
        "crypto.at-rest 2025-01-01 to 2025-06-01,abc,\n"
        "SOC 2,2017,CC6.4,Physical access,,not assessed,0,0,0,0,,,,,,\"not seen by this program; evidence lies "
        "elsewhere: buildings, rooms, equipment and media\",,abc,\n"
        "SOC 2,2017,CC6.6,Boundary protection,,not in place,0,1,0,0,data.public-access (supports): not in place,"
        "aws-s3-public-acl,\"aws-s3-public-acl aws_s3_bucket.data (storage/main.tf:3), owner @storage-team\",,"
        "'@storage-team,,,abc,\n");
    options.frameworks = {"nist_800_53_r5"};
    const std::string nist = example.write("matrix", options);
    CHECK(nist.find("AC-3(1)") == std::string::npos);
    CHECK(nist.find(
              "NIST SP 800-53 r5,5.1.1,SC-28,Protection of Information at Rest,,\"effective, not provable\",1,0,1,1") !=
          std::string::npos);
}

TEST_CASE("the Statement of Applicability says what is in use, what was decided, and what nobody decided yet") {
    ExampleReport example;
    example.report.decisions = {{"iso27001_2022", "A.7.4", false, "no premises of our own", "ciso", ""},
                                {"iso27001_2022", "A.8.13", true, "customer contracts", "platform", "planned for Q3"}};
    CHECK(
        example.write("soa") ==
        "control,title,theme,applicable,justification,implementation status,evidence,open failures,accepted "
        "risks,owner,commit,time\n"
        "A.7.4,Physical security monitoring,Physical,no,no premises of our own,not applicable,,,,ciso,,\n"
        "A.8.3,Information access restriction,Technological,yes,the scanned files declare what it governs,not in "
        "place,\"0 pass, 1 fail, 0 undecided, 0 accepted; controls: data.public-access (partial): not in place\","
        "\"aws-s3-public-acl aws_s3_bucket.data (storage/main.tf:3), owner @storage-team\",,'@storage-team,,\n"
        "A.8.13,Information backup,Technological,yes,customer contracts,planned for Q3,\"0 pass, 1 fail, 0 undecided, "
        "0 accepted; controls: backup.versioning (partial): not in place\",aws-s3-versioning aws_s3_bucket.data "
        "(storage/main.tf:1),,platform,,\n"
        "A.8.24,Use of cryptography,Technological,yes,the scanned files declare what it governs,\"effective, not "
        "provable\",\"1 pass, 0 fail, 1 undecided, 1 accepted; controls: crypto.at-rest (direct): effective, not "
        "provable; dated results: crypto.at-rest 2025-01-01 to 2025-06-01\",,aws-ebs-encrypted aws_ebs_volume.tmp "
        "without an end: scratch data only,,,\n");
    example.report.decisions.clear();
    CHECK(example.write("soa").find(
              "A.7.4,Physical security monitoring,Physical,to be decided,\"for the organisation to decide: not seen by "
              "this "
              "program; evidence lies elsewhere: buildings, rooms, equipment and media\",not assessed,") !=
          std::string::npos);
}

}  // namespace plumbline
