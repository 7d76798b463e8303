//! The way back from an update.

use std::fs;

use super::shelf::{draft_of, remove, rename};
use super::{Locked, Origin, Part, RefreshError, Shelf, whole};
use crate::catalog::Catalog;
use crate::plan::CloudName;

impl Shelf {
    /// The clouds whose catalogs the latest update replaced: what is taken back when nothing else is said.
    #[must_use]
    pub fn latest(&self) -> Vec<CloudName> {
        let begun = |cloud| {
            let paths = [self.current(cloud, Part::Origin), self.before(cloud, Part::Origin)];
            paths.iter().filter_map(|path| Origin::load(path)).map(|origin| origin.begun).max()
        };
        let held = |cloud: &CloudName| {
            self.current(*cloud, Part::Catalog).exists() || self.before(*cloud, Part::Catalog).exists()
        };
        let clouds: Vec<CloudName> = CloudName::ALL.into_iter().filter(held).collect();
        let latest = clouds.iter().filter_map(|cloud| begun(*cloud)).max();
        clouds.into_iter().filter(|cloud| begun(*cloud) == latest).collect()
    }
}

impl Locked<'_> {
    /// Goes back to what was in use before the latest update, which may be the catalog that came with the program; and
    /// forth again when it is done once more.
    ///
    /// # Errors
    ///
    /// There was no update, or the catalog of before is damaged; nothing was changed then. Or the folder cannot be written.
    pub fn undo(&self, cloud: CloudName) -> Result<(), RefreshError> {
        let before = self.shelf.before(cloud, Part::Catalog);
        if before.exists() {
            let bytes = fs::read(&before).map_err(|e| RefreshError::disk("read", &before, e))?;
            Catalog::from_snapshot(bytes)
                .and_then(|catalog| whole(cloud, &catalog))
                .map_err(|reason| RefreshError::Before { cloud, path: before, reason })?;
        } else if !self.shelf.current(cloud, Part::Catalog).exists() {
            return Err(RefreshError::NothingToUndo(cloud));
        }
        for part in Part::ALL {
            let (current, before) = (self.shelf.current(cloud, part), self.shelf.before(cloud, part));
            let aside = draft_of(&current);
            remove(&aside)?;
            if current.exists() {
                fs::hard_link(&current, &aside)
                    .or_else(|_| fs::copy(&current, &aside).map(|_| ()))
                    .map_err(|e| RefreshError::disk("write", &aside, e))?;
            }
            // From here on a name is missing for a moment at most; the catalog in use is whole throughout.
            if before.exists() {
                rename(&before, &current)?
            } else {
                remove(&current)?
            }
            if aside.exists() {
                rename(&aside, &before)?;
            }
        }
        self.settle()
    }

    /// Goes back to the catalog that came with the program; what was in use becomes the catalog of before.
    ///
    /// # Errors
    ///
    /// There is no other in use, or the folder cannot be written.
    pub fn reset(&self, cloud: CloudName) -> Result<(), RefreshError> {
        if !self.shelf.current(cloud, Part::Catalog).exists() {
            return Err(RefreshError::NothingToUndo(cloud));
        }
        for part in Part::ALL {
            let (current, before) = (self.shelf.current(cloud, part), self.shelf.before(cloud, part));
            if current.exists() { rename(&current, &before)? } else { remove(&before)? }
        }
        self.settle()
    }
}
