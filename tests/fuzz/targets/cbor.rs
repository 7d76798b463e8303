//! Answers in CBOR. No service of the catalog is spoken to in it by default, so the model stands here.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use provisioner::catalog::compile::botocore::service_from_models;
use provisioner::catalog::shapes::Service;
use provisioner::clouds::aws::parse::parse;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    let service = SERVICE.get_or_init(|| {
        let model = json!({
            "metadata": {"apiVersion": "1", "endpointPrefix": "f", "protocol": "smithy-rpc-v2-cbor", "targetPrefix": "F", "serviceId": "F"},
            "operations": {"Get": {"name": "Get", "http": {"method": "POST", "requestUri": "/"}, "output": {"shape": "Out"}}},
            "shapes": {
                "Out": {"type": "structure", "members": {
                    "Text": {"shape": "S"}, "Whole": {"shape": "L"}, "Real": {"shape": "D"}, "Yes": {"shape": "B"},
                    "Bytes": {"shape": "Blob"}, "At": {"shape": "T"}, "Again": {"shape": "Out"},
                    "Many": {"shape": "Many"}, "Named": {"shape": "Named"}}},
                "S": {"type": "string"}, "L": {"type": "long"}, "D": {"type": "double"}, "B": {"type": "boolean"},
                "Blob": {"type": "blob"}, "T": {"type": "timestamp"},
                "Many": {"type": "list", "member": {"shape": "Out"}},
                "Named": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "Out"}},
            },
        });
        service_from_models("f", &model, None, None, None).expect("the model is understood")
    });
    if let Some((_, response)) = answers::response(data, 1) {
        let _ = parse(service, &service.operations[0], &response);
    }
});
