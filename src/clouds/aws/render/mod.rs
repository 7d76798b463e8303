//! From parameters to a request, complete but for its signature.

mod cbor;
mod checksum;
mod context;
mod draft;
mod form;
mod given;
mod json;
mod request;
mod rest;
mod uri;
mod xml;

pub use context::{RenderContext, S3Options};
pub(crate) use draft::Draft;
pub(crate) use given::Given;
pub use request::render;
pub(crate) use uri::encode;
