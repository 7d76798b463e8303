#!/usr/bin/env python3
"""Requests of AWS, rendered and signed, by this program and by botocore in one run.

    cargo build --release && python3 benches/aws_beside_botocore.py

Needs botocore and the AWS CLI (`pip install botocore==1.43.11 awscli==1.45.11`). Nothing is sent. botocore is stopped when its request is
signed; ours is what `--dry-run` makes. Rates are the median of several rounds in one warm process;
cold is a new process from nothing to one signed request, for the CLI to one skeleton, which it need not sign.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

import botocore.session

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REGION = "eu-central-1"
os.environ.update(
    AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION,
    AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true",
)
CALLS = [
    ("ec2", "RunInstances", {
        "ImageId": "ami-0abcdef1234567890", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 2,
        "SubnetId": "subnet-0123456789abcdef0", "SecurityGroupIds": ["sg-0123456789abcdef0", "sg-0fedcba9876543210"],
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}}],
        "MetadataOptions": {"HttpTokens": "required"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "owner", "Value": "team-web"}, {"Key": "environment", "Value": "dev"}]}],
    }),
    ("s3", "CreateBucket", {"Bucket": "demo-logs-4711", "CreateBucketConfiguration": {"LocationConstraint": REGION}}),
    ("dynamodb", "CreateTable", {
        "TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "day", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
        "SSESpecification": {"Enabled": True}, "Tags": [{"Key": "owner", "Value": "team-web"}],
    }),
]


def theirs(service, operation, params):
    client = botocore.session.get_session().create_client(service)
    signed = []

    def stop(request, **_):
        signed.append(request.headers.get("Authorization"))
        raise StopIteration

    client.meta.events.register("before-send", stop)
    rates = []
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(400):
            try:
                client._make_api_call(operation, params)
            except StopIteration:
                pass
        rates.append(400 / (time.perf_counter() - begun))
    assert all(signed), "botocore did not sign"
    return statistics.median(rates)


def ours():
    lines = "".join(
        json.dumps({"operation": {"cloud": "aws", "service": s, "operation": o}, "region": REGION, "params": p}) + "\n"
        for s, o, p in CALLS
    )
    command = ["cargo", "bench", "--quiet", "--bench", "aws_signed"]
    out = subprocess.run(command, cwd=ROOT, input=lines, capture_output=True, text=True, check=True).stdout
    answers = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert all(a["signed"] for a in answers), "not signed"
    return {a["operation"]: a for a in answers}


def cold(command, runs):
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds) * 1000


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else f"{ROOT}/target/release/provisioner")
    rates = ours()
    for service, operation, params in CALLS:
        other, rate = theirs(service, operation, params), rates[operation]
        own, cores, all_cores = rate["per_second"], rate["cores"], rate["per_second_on_all_cores"]
        print(
            f"{operation}: {own:,.0f} per second on one thread, botocore {other:,.0f}: {own / other:.0f} times; "
            f"on {cores} cores {all_cores:,.0f}: {all_cores / other:.0f} times"
        )
    call = [program, "--home", "/nonexistent", "--target", "live", "call", "aws", "ec2", "RunInstances", "--dry-run",
            "--region", REGION, "--params", json.dumps(CALLS[0][2])]
    aws = shutil.which("aws") or os.path.join(os.path.dirname(sys.executable), "aws")
    own = cold(call, 15)
    other = cold([aws, "ec2", "describe-instances", "--generate-cli-skeleton"], 5)
    print(f"cold process to a signed EC2 request: {own:.1f} ms, `aws ec2 … --generate-cli-skeleton` {other:.0f} ms: {other / own:.0f} times")


if __name__ == "__main__":
    main()
