//! From parameters to a request, complete but for its token.

mod body;
mod context;
mod request;
mod url;

pub use context::RenderContext;
pub use request::render;
