#!/usr/bin/env python3
"""What plumbline and gitleaks find of credentials of known formats, each planted in a file of its own.

    planted_secrets.py [--bin build/plumbline]

The values are drawn by the formats' published shapes when this runs, so that none stands in this repository. Prints a line a
format and what one of the two finds alone.
"""
import argparse, base64, json, os, random, string, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import generate_history  # noqa: E402

UPPER, LOWER, DIGITS, HEX = string.ascii_uppercase, string.ascii_lowercase, string.digits, "0123456789abcdef"
WORD = UPPER + LOWER + DIGITS


def planted():
    """(format, text of a file)."""
    chance = random.Random(20)

    def some(alphabet, count):
        return "".join(chance.choice(alphabet) for _ in range(count))

    def encoded(text):
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    jwt = ".".join((encoded('{"alg":"HS256","typ":"JWT"}'), encoded('{"sub":"%s","iat":1516239022}' % some(DIGITS, 10)), some(WORD, 43)))
    key = "\n".join(some(WORD + "+/", 64) for _ in range(12))
    return [
        ("AWS access key", 'aws_access_key_id = "AKIA%s"' % some(UPPER + "234567", 16)),
        ("AWS secret key", 'aws_secret_access_key = "%s"' % some(WORD + "+/", 40)),
        ("GitHub personal token", 'token: ghp_%s' % some(WORD, 36)),
        ("GitHub fine-grained token", 'token: github_pat_%s_%s' % (some(WORD, 22), some(WORD, 59))),
        ("GitHub app token", 'GH=ghs_%s' % some(WORD, 36)),
        ("GitLab personal token", 'GITLAB="glpat-%s"' % some(WORD, 20)),
        ("GitLab runner token", 'runner: glrt-%s' % some(WORD, 20)),
        ("Slack bot token", 'slack = "xoxb-%s-%s-%s"' % (some(DIGITS, 12), some(DIGITS, 12), some(WORD, 24))),
        ("Slack webhook", 'url: https://hooks.slack.com/services/T%s/B%s/%s' % (some(UPPER + DIGITS, 9), some(UPPER + DIGITS, 10), some(WORD, 24))),
        ("Google API key", 'maps = "AIza%s"' % some(WORD + "-_", 35)),
        ("Stripe live key", 'stripe: sk_live_%s' % some(WORD, 24)),
        ("SendGrid key", 'sendgrid: SG.%s.%s' % (some(WORD, 22), some(WORD, 43))),
        ("npm token", '//registry/:_authToken=npm_%s' % some(WORD, 36)),
        ("PyPI token", 'password = pypi-AgEIcHlwaS5vcmc%s' % some(WORD + "-_", 100)),
        ("Private key", '-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----' % key),
        ("OpenSSH key", '-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END OPENSSH PRIVATE KEY-----' % key),
        ("JSON web token", 'auth: Bearer %s' % jwt),
        ("DigitalOcean token", 'do: dop_v1_%s' % some(HEX, 64)),
        ("Vault token", 'VAULT=hvs.%s' % some(WORD + "-_", 95)),
        ("Terraform Cloud token", 'credentials "app" { token = "%s.atlasv1.%s" }' % (some(WORD, 14), some(WORD, 65))),
        ("Shopify token", 'shop: shpat_%s' % some(HEX, 32)),
        ("Databricks token", 'host: dapi%s' % some(HEX, 32)),
        ("Hugging Face token", 'hf: hf_%s' % some(UPPER + LOWER, 34)),
        ("OpenAI key", 'openai: sk-%sT3BlbkFJ%s' % (some(WORD, 20), some(WORD, 20))),
        ("OpenAI project key", 'openai: sk-proj-%sT3BlbkFJ%s' % (some(WORD + "-_", 74), some(WORD + "-_", 74))),
        ("Anthropic key", 'anthropic: sk-ant-api03-%sAA' % some(WORD + "-_", 93)),
        ("Linear key", 'linear: lin_api_%s' % some(WORD, 40)),
        ("Postman key", 'postman: PMAK-%s-%s' % (some(HEX, 24), some(HEX, 34))),
        ("New Relic user key", 'newrelic: NRAK-%s' % some(UPPER + DIGITS, 27)),
        ("Grafana service account", 'grafana: glsa_%s_%s' % (some(WORD, 32), some(HEX, 8))),
        ("Grafana Cloud token", 'grafana: glc_%s' % base64.b64encode(some(WORD, 60).encode()).decode()),
        ("age key", 'age: AGE-SECRET-KEY-1%s' % some("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
        ("Alibaba key id", 'ali: LTAI%s' % some(WORD, 20)),
        ("Doppler token", 'doppler: dp.pt.%s' % some(WORD, 43)),
        ("Pulumi token", 'pulumi: pul-%s' % some(HEX, 40)),
        ("Dynatrace token", 'dynatrace: dt0c01.%s.%s' % (some(UPPER + "234567", 24), some(UPPER + "234567", 64))),
        ("Azure client secret", 'client_secret = "%s"' % (some(WORD, 3) + "8Q~" + some(WORD + "-_.~", 34))),
        ("Azure storage key", 'conn = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=%s=="' % some(WORD + "+/", 86)),
        ("Twilio key", 'twilio: SK%s' % some(HEX, 32)),
        ("Mailgun key", 'mailgun_api_key: key-%s' % some(HEX, 32)),
        ("Cloudflare API key", 'cloudflare_api_key = "%s"' % some(HEX, 37)),
        ("Cloudflare CA key", 'origin: v1.0-%s-%s' % (some(HEX, 24), some(HEX, 146))),
        ("Heroku key", 'heroku_api_key = "%s-%s-%s-%s-%s"' % tuple(some(HEX, n) for n in (8, 4, 4, 4, 12))),
        ("Datadog key", 'datadog_api_key = "%s"' % some(HEX + "", 40)),
        ("Artifactory key", 'artifactory: AKC%s' % some(WORD, 70)),
        ("Telegram bot token", 'telegram_token: %s:A%s' % (some(DIGITS, 10), some(WORD + "-_", 34))),
        ("Password in an assignment", 'db_password = "%s"' % some(WORD, 32)),
        ("Password in an address", 'url = "postgres://app:%s@db.internal:5432/app"' % some(WORD, 20)),
        ("Kubernetes secret", 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  password: %s' % base64.b64encode(some(WORD, 24).encode()).decode()),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "plumbline"))
    parser.add_argument("--gitleaks", default="gitleaks")
    args = parser.parse_args()
    cases = planted()
    with tempfile.TemporaryDirectory() as scratch:
        repository = os.path.join(scratch, "planted.git")
        stream = []
        for number, (_, text) in enumerate(cases):
            stream.append(generate_history.commit(number, generate_history.START + number, "Step %d" % number))
            stream.append(generate_history.blob("f%d/config.txt" % number, text + "\n"))
        generate_history.run(repository, stream)
        report = os.path.join(scratch, "report.json")
        subprocess.run([args.bin, "audit", repository, "--only", "secrets", "--format", "json", "--output", report, "-q"])
        with open(report) as file:
            ours = {secret["file"]: secret["kind"] for secret in json.load(file)["secrets"]}
        subprocess.run([args.gitleaks, "git", repository, "--no-banner", "-l", "error", "--exit-code", "0", "-f", "json", "-r", report], check=True)
        with open(report) as file:
            theirs = {leak["File"]: leak["RuleID"] for leak in json.load(file)}
    rows = [(name, ours.get("f%d/config.txt" % number, ""), theirs.get("f%d/config.txt" % number, "")) for number, (name, _) in enumerate(cases)]
    for name, we, they in rows:
        print("%-28s %-36s %-28s%s" % (name, we or "-", they or "-", " <- missed" if they and not we else ""))
    print("plumbline %d, gitleaks %d of %d" % (len(ours), len(theirs), len(cases)))


if __name__ == "__main__":
    main()
