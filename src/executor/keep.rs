//! What a driver puts on disk: everything before a request leaves, many lines with one sync.

use std::time::Duration;

use super::ExecutorError;
use super::drive::{Driver, Start};
use super::inject::FaultKind;
use crate::plan::StepEvent;
use crate::store::{Line, StoreError};

/// Pauses before a write that the disk refused is tried again.
const WRITE_AGAIN: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(400)];

impl Driver {
    pub(super) fn write(&mut self, line: Line) {
        self.unsaved.push(line);
    }

    /// Puts everything unsaved and the intents on disk. Gives back what may now start: nothing, if
    /// the disk refuses.
    pub(super) async fn commit(&mut self, starts: Vec<Start>) -> Result<Vec<Start>, ExecutorError> {
        let intents: Vec<StepEvent> = starts
            .iter()
            .filter_map(|start| match start {
                Start::Send { intent, .. } => Some(intent.clone()),
                Start::Look(_) | Start::Wait(_) => None,
            })
            .collect();
        let saved = self.unsaved.len();
        let forgotten =
            |intent: &&StepEvent| self.context.faults.strikes(&intent.step, FaultKind::ForgetIntent);
        let written: Vec<StepEvent> = intents.iter().filter(|intent| !forgotten(intent)).cloned().collect();
        self.unsaved.extend(written.into_iter().map(Line::Step));
        let kept = self.save(!intents.is_empty()).await;
        if kept.is_ok() && self.trouble.is_none() {
            for intent in &intents {
                self.apply(intent, None)?;
            }
            return Ok(starts);
        }
        kept?;
        // Nothing is sent that is not journaled; what was answered stays in memory until it is.
        self.unsaved.truncate(saved);
        for start in starts {
            let step = match &start {
                Start::Send { intent, .. } => &intent.step,
                Start::Look(looking) => &looking.step,
                Start::Wait(_) => continue,
            };
            if let Some(index) = self.walk.position(step) {
                self.walk.set_busy(index, false);
                self.places.leave(index, false);
            }
        }
        Ok(Vec::new())
    }

    /// Writes what is unsaved, again after short pauses if the disk refuses. A disk that keeps
    /// refusing parks the run.
    pub(super) async fn save(&mut self, durable: bool) -> Result<(), ExecutorError> {
        self.trouble = None;
        for pause in WRITE_AGAIN.iter().map(Some).chain([None]) {
            match self.save_once(durable).await {
                Ok(()) => return Ok(()),
                Err(error) => self.trouble = Some(error),
            }
            if let Some(pause) = pause {
                tokio::time::sleep(*pause).await;
            }
        }
        if let Some(error) = &self.trouble {
            self.parked.get_or_insert(error.to_string());
            self.halted = true;
        }
        Ok(())
    }

    async fn save_once(&mut self, durable: bool) -> Result<(), StoreError> {
        if !self.unsaved.is_empty() {
            if let Some(kept) = self.context.faults.cuts_off(self.unsaved.len()) {
                self.journal.append(&self.unsaved[..kept])?;
                self.journal.sync()?;
                std::process::abort();
            }
            self.journal.append(&self.unsaved)?;
            self.unsaved.clear();
        }
        if !durable {
            return Ok(());
        }
        let journal = self.journal.clone();
        match tokio::task::spawn_blocking(move || journal.sync()).await {
            Ok(synced) => synced,
            Err(error) => Err(StoreError::Io {
                action: "sync the journal".into(),
                source: std::io::Error::other(error),
            }),
        }
    }

    /// Why the journal could not be written, if it could not.
    pub(super) fn take_trouble(&mut self) -> Option<StoreError> {
        self.trouble.take()
    }

    /// Writes the unsaved lines and waits for the disk.
    pub(super) async fn settle(&mut self) -> Result<(), ExecutorError> {
        self.save(true).await?;
        match self.take_trouble() {
            Some(source) => Err(ExecutorError::Store { id: self.context.id.clone(), source }),
            None => Ok(()),
        }
    }
}
