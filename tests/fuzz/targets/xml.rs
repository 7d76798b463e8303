//! Answers of the XML protocols: REST, query, and EC2's own.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use provisioner::catalog::OperationRef;

fuzz_target!(|data: &[u8]| {
    static OPERATIONS: OnceLock<Vec<OperationRef>> = OnceLock::new();
    let operations = OPERATIONS.get_or_init(|| {
        answers::operations(&[
            ("ec2", "DescribeInstances"),
            ("ec2", "CreateVpc"),
            ("iam", "GetRole"),
            ("rds", "DescribeDBInstances"),
            ("s3", "ListObjectsV2"),
            ("s3", "GetBucketLocation"),
            ("s3", "GetBucketAcl"),
            ("route53", "ListHostedZones"),
            ("cloudfront", "GetDistribution"),
        ])
    });
    answers::read(data, operations);
});
