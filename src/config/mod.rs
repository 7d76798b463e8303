//! Settings: where the program keeps things and what the person chose.

mod home;
mod settings;

pub use home::{Home, HomeError};
pub use settings::{AzureSettings, CatalogSettings, ModelSettings, Settings, SettingsError};
