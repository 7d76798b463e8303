//! What may be done: rule books that people edit, rules in Rego, and the verdict on a plan.
//!
//! [`Legislator`] reads both through the file server and judges without any IO. A rule set is
//! good as a whole or not taken at all: a broken file leaves the last good set in force, and
//! with no good set nothing that changes anything can be approved.

mod book_kinds;
mod book_times;
mod books;
mod cases;
mod catalogue;
mod check;
mod constraints;
mod error;
mod exceptions;
mod finding;
mod hard;
mod input;
mod judge;
mod live;
mod nearest;
mod recheck;
mod recursion;
mod related;
mod routing;
mod ruleset;
mod secrets;
mod tags;

pub use book_kinds::{Action, Budget, DatabaseLimit, MandatoryTag, PerCloud, PerEnvironment, Thresholds};
pub use book_times::{ChangeWindow, Day, Freeze, Zone};
pub use books::{Actions, Books, FinopsBook, OwnerBook, SecurityBook};
pub use cases::{CaseInput, CaseInputs, CaseReport, CaseResult, Expect};
pub use catalogue::{RuleInfo, Scope};
pub use check::{Absent, Check, When};
pub use error::RulesError;
pub use exceptions::{
    ExceptionApproval, ExceptionRecord, ExceptionScope, ExceptionState, ExceptionStatus, Person, Revocation,
    RolesBook, SigningKey, SigningKeyError, Uses, no_uses,
};
pub use judge::Surroundings;
pub use live::Legislator;
pub use recheck::Seen;
pub use routing::{EventKind, Happening, Notice, Route, RouteWhen, RoutingBook};

#[cfg(test)]
mod guard_tests;
#[cfg(test)]
mod house_tests;
#[cfg(test)]
mod tests;
