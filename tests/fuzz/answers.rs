//! What the targets share: answers of operations, read with arbitrary bytes as their bodies.

use std::sync::OnceLock;

use provisioner::catalog::{Catalog, OperationRef};
use provisioner::clouds::aws::parse::parse;
use provisioner::clouds::http::HttpResponse;
use provisioner::plan::{CloudName, OperationName};

/// The embedded catalog, opened once.
pub fn catalog() -> &'static Catalog {
    static OPEN: OnceLock<Catalog> = OnceLock::new();
    OPEN.get_or_init(|| Catalog::open(None).expect("the embedded catalog opens"))
}

/// Operations of the catalog by service and name, looked up once per target.
pub fn operations(names: &[(&str, &str)]) -> Vec<OperationRef> {
    names
        .iter()
        .map(|(service, operation)| {
            catalog()
                .operation(&OperationName::new(CloudName::Aws, *service, *operation))
                .expect("the catalog has it")
        })
        .collect()
}

/// A response whose first two bytes pick the operation and the status, and whose rest is the body.
pub fn response(data: &[u8], operations: usize) -> Option<(usize, HttpResponse)> {
    let (&[pick, kind], body) = data.split_first_chunk()?;
    let status = [200, 200, 200, 400, 404, 500][usize::from(kind) % 6];
    let content_type = ["application/json", "application/xml", "application/cbor", "application/vnd.amazon.eventstream"];
    let headers = vec![
        ("content-type".to_owned(), content_type[usize::from(kind / 6) % 4].to_owned()),
        ("x-amzn-errortype".to_owned(), String::from_utf8_lossy(&body[..body.len().min(12)]).into_owned()),
    ];
    Some((usize::from(pick) % operations, HttpResponse { status, headers, body: body.to_vec() }))
}

/// Reads a response as an answer of one of the operations. What it says does not matter; that it ends does.
pub fn read(data: &[u8], operations: &[OperationRef]) {
    if let Some((at, response)) = response(data, operations.len()) {
        let found = &operations[at];
        let _ = parse(found.service(), found.operation(), &response);
    }
}
