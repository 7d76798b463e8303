//! Answers that are streams of events, given as they travel: the framing with its checksums is fuzzed with it.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use provisioner::catalog::OperationRef;

fuzz_target!(|data: &[u8]| {
    static OPERATIONS: OnceLock<Vec<OperationRef>> = OnceLock::new();
    let operations = OPERATIONS.get_or_init(|| {
        answers::operations(&[
            ("s3", "SelectObjectContent"),
            ("kinesis", "SubscribeToShard"),
            ("bedrock-runtime", "ConverseStream"),
            ("lambda", "InvokeWithResponseStream"),
        ])
    });
    answers::read(data, operations);
});
