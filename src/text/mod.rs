//! Text that comes from outside: made safe before it is drawn, and cut by display width.

mod mask;
mod sanitize;
mod secret;
mod width;

pub use mask::mask_text;
pub use sanitize::{line, sanitize};
pub use secret::{MASK, is_secret_name, mask_named};
pub use width::{fit, width, wrap};
