"""The bucket of the main job, made on moto by the program and read back by boto3."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3

REQUEST = (
    "create a private, encrypted S3 bucket called demo-logs in Frankfurt, owner team-web, "
    "environment dev, sensitivity internal, cost center 9001"
)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(url):
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{url} never answered")


def main():
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    moto = subprocess.Popen(
        ["moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{endpoint}/moto-api/")
        with tempfile.TemporaryDirectory() as home:
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": home,
                "USER": "peer",
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                "AWS_REGION": "eu-central-1",
            }
            run = subprocess.run(
                [os.environ["PROVISIONER"], "--home", home, "--target", "live", "--json",
                 "ask", REQUEST, "--approve", "allowed"],
                env=environment, capture_output=True, text=True, timeout=120,
            )
            assert run.returncode == 0, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"
            outcome = json.loads(run.stdout)
            states = outcome["execution"]["steps"]
            assert states and set(states.values()) == {"succeeded"}, states
            assert "testing" not in run.stdout, "the secret key is in the answer"
        s3 = boto3.client(
            "s3", endpoint_url=endpoint, region_name="eu-central-1",
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )
        assert s3.get_bucket_location(Bucket="demo-logs")["LocationConstraint"] == "eu-central-1"
        rules = s3.get_bucket_encryption(Bucket="demo-logs")["ServerSideEncryptionConfiguration"]["Rules"]
        assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms"), rules
        block = s3.get_public_access_block(Bucket="demo-logs")["PublicAccessBlockConfiguration"]
        assert all(block.values()) and len(block) == 4, block
        tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket="demo-logs")["TagSet"]}
        wanted = {"owner": "team-web", "environment": "dev", "sensitivity": "internal", "cost-center": "9001"}
        assert wanted.items() <= tags.items(), tags
        print("boto3 finds on moto what the program made: location, encryption, access block, tags")
    finally:
        moto.terminate()
        moto.wait()


main()
