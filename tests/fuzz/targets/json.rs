//! Answers of the JSON protocols.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use provisioner::catalog::OperationRef;

fuzz_target!(|data: &[u8]| {
    static OPERATIONS: OnceLock<Vec<OperationRef>> = OnceLock::new();
    let operations = OPERATIONS.get_or_init(|| {
        answers::operations(&[
            ("dynamodb", "DescribeTable"),
            ("dynamodb", "GetItem"),
            ("ecs", "DescribeTasks"),
            ("lambda", "GetFunction"),
            ("iot", "DescribeThing"),
            ("apigateway", "GetRestApi"),
            ("cloudwatch", "GetMetricData"),
        ])
    });
    answers::read(data, operations);
});
