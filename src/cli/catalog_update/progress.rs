//! How far an update is: bars on a terminal, lines elsewhere, nothing with `--json`. All of it on standard error.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use super::super::{Args, output};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Nothing,
    Lines,
    Bars,
}

/// What a bar counts.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Parts,
    Bytes,
}

/// One stretch of work.
pub(super) struct Stretch(Option<ProgressBar>);

impl Progress {
    pub(super) fn of(args: &Args) -> Self {
        match args.json {
            true => Progress::Nothing,
            false if args.plain || !io::stderr().is_terminal() => Progress::Lines,
            false => Progress::Bars,
        }
    }

    /// Begins a stretch of work; the length may become known later.
    pub(super) fn begin(self, words: &str, unit: Unit) -> Stretch {
        match self {
            Progress::Nothing => Stretch(None),
            Progress::Lines => {
                output::report(words);
                Stretch(None)
            }
            Progress::Bars => {
                let template = match unit {
                    Unit::Parts => "{msg:32} {wide_bar} {pos}/{len}",
                    Unit::Bytes => "{msg:32} {wide_bar} {bytes}/{total_bytes}",
                };
                let bar = ProgressBar::new(0);
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                bar.set_message(crate::text::sanitize(words));
                Stretch(Some(bar))
            }
        }
    }
}

impl Stretch {
    /// So much of so much is done.
    pub(super) fn at(&self, done: usize, of: usize) {
        if let Some(bar) = &self.0 {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        }
    }

    pub(super) fn length(&self, length: u64) {
        if let Some(bar) = &self.0 {
            bar.set_length(length);
        }
    }

    pub(super) fn more(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(done);
        }
    }
}

impl Drop for Stretch {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
