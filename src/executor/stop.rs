//! Stopping a run from outside.

use std::sync::Arc;

use tokio::sync::watch;

/// How a run is asked to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    /// Not at all.
    #[default]
    GoOn,
    /// When the running steps are done.
    AfterRunning,
    /// Now; what is running is in doubt until the run is resumed.
    AtOnce,
}

/// The handle that stops a run; clones stop the same run. Both ways leave it resumable.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<watch::Sender<Wish>>);

impl Stop {
    /// A handle that nobody has used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts no further step and lets the running ones end.
    pub fn after_running(&self) {
        self.wish(Wish::AfterRunning);
    }

    /// Ends the run now.
    pub fn at_once(&self) {
        self.wish(Wish::AtOnce);
    }

    fn wish(&self, wish: Wish) {
        self.0.send_if_modified(|now| {
            let stronger = wish > *now;
            *now = wish.max(*now);
            stronger
        });
    }

    pub(super) fn now(&self) -> Wish {
        *self.0.borrow()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Wish> {
        self.0.subscribe()
    }
}

/// Returns when the run is to end now; never, if nobody can say so any more.
pub(super) async fn at_once(wishes: &mut watch::Receiver<Wish>) {
    if wishes.wait_for(|wish| *wish == Wish::AtOnce).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weaker_wish_does_not_undo_a_stronger_one() {
        let stop = Stop::new();
        stop.at_once();
        stop.after_running();
        assert_eq!(stop.now(), Wish::AtOnce);
    }
}
