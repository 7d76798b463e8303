//! What the SDK keeps in code and not in its models: one small entry each, and no service name
//! anywhere else.
//!
//! [`before()`] works on the parameters, [`drafted()`] on the request before its endpoint is known,
//! [`path_style`] on the endpoint rules' parameters, [`unsigned`] and [`scheme`] on the signature, [`milliseconds`] on timestamps,
//! [`across()`] on requests inside requests, [`after()`] on the answer, [`not_awaited`] on waiting.

mod across;
mod after;
mod before;
mod drafted;
mod place;
mod sign;
mod time;
mod wait;

pub(crate) use across::{Across, across, may_cross};
pub(crate) use after::{after, hides_an_error};
pub(crate) use before::before;
pub(crate) use drafted::drafted;
pub(crate) use place::{host_prefix, other_region, path_style, strip_bucket};
pub(crate) use sign::{scheme, unsigned};
pub(crate) use time::milliseconds;
pub(crate) use wait::not_awaited;
